import Diagnostics
import Extensions
import Packets
import RuleModel
import Symbolic
import TestSupport
import Testing

/// Sets of small rule sets, by hand.
@Suite struct ChainSetsTests {
    struct Refused: Error { var text: String }

    private func sets(
        _ text: String, _ kind: TableKind = .filter, budget: ComplexityBudget = .standard
    ) throws -> (TableSets, PacketSpace) {
        let file = SourceFile(name: "rules", text: "*\(kind.rawValue)\n\(text)\nCOMMIT\n")
        let (ruleSet, diagnostics) = RuleSetBuilder(catalogue: .standard, family: .ipv4).build(file)
        guard let table = ruleSet?.table(kind) else { throw Refused(text: "\(diagnostics.map(\.message))") }
        let space = PacketSpace(family: .ipv4, tables: [table], budget: budget)
        return (try TableSets(table, in: space), space)
    }

    @Test func whatIsTakenBeforeDoesNotReach() throws {
        let (sets, space) = try sets(
            """
            -A INPUT -s 10.0.0.0/8 -j DROP
            -A INPUT -s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT
            -A INPUT -s 192.0.2.0/25 -j ACCEPT
            -A INPUT -s 192.0.2.128/25 -j ACCEPT
            -A INPUT -s 192.0.2.0/24 -j DROP
            """)
        #expect(space.isEmpty(sets.taking(RulePlace(chain: "INPUT", number: 2))))
        #expect(space.isEmpty(sets.taking(RulePlace(chain: "INPUT", number: 5))))
        #expect(!space.isEmpty(sets.taking(RulePlace(chain: "INPUT", number: 4))))
        let both = space.union(
            sets.matching(RulePlace(chain: "INPUT", number: 3)),
            sets.matching(RulePlace(chain: "INPUT", number: 4)))
        let wide = sets.matching(RulePlace(chain: "INPUT", number: 5))
        #expect(both == wide)
        #expect(space.describe(both, limit: 3).sets.map(\.text) == ["any from 192.0.2.0/24 to any"])
    }

    /// A limit may let the second copy of a packet's question by, after it refused the first.
    @Test func aTestWithMemoryIsAskedAnew() throws {
        let (sets, space) = try sets(
            """
            :INPUT DROP [0:0]
            :once - [0:0]
            -A INPUT -j once
            -A INPUT -j once
            -A once -m limit --limit 1/sec -j ACCEPT
            """)
        let fate = sets.fate(of: "INPUT")
        #expect(space.freeVariables(of: fate.accepted).count == 2)
        let policy = sets.decisions(of: "INPUT").first { $0.place.number == nil }
        #expect(policy != nil)
    }

    @Test func aTestWithMemoryIsNeverSimplyTrue() throws {
        let (sets, space) = try sets(
            "-A INPUT -m limit --limit 1/sec -j ACCEPT\n-A INPUT -m limit --limit 1/sec -j DROP")
        #expect(!space.isEmpty(sets.taking(RulePlace(chain: "INPUT", number: 2))))
        #expect(sets.reaching(RulePlace(chain: "INPUT", number: 2)) != space.packets(at: .input))
    }

    @Test func aMarkIsReadAsItWasSet() throws {
        let (sets, space) = try sets(
            """
            :read - [0:0]
            -A PREROUTING -p tcp -j MARK --set-mark 1
            -A PREROUTING -p udp -j MARK --set-mark 2
            -A PREROUTING -j read
            -A PREROUTING -j MARK --set-mark 7
            -A PREROUTING -j read
            -A read -m mark --mark 1 -j DROP
            -A read -m mark --mark 7 -p udp -j DROP
            """, .mangle)
        let dropped = sets.fate(of: "PREROUTING").dropped
        let tcp = space.set(.number(.transportProtocol, in: NumberSet(6)))
        let udp = space.set(.number(.transportProtocol, in: NumberSet(17)))
        #expect(space.isSubset(space.intersection(tcp, space.packets(at: .prerouting)), of: dropped))
        #expect(space.isSubset(space.intersection(udp, space.packets(at: .prerouting)), of: dropped))
        let second = sets.taking(RulePlace(chain: "read", number: 2))
        #expect(second == space.intersection(udp, space.packets(at: .prerouting)))
    }

    @Test func manyCallsOfOneChainAreNoExplosion() throws {
        var text = (0..<40).map { ":c\($0) - [0:0]\n" }.joined()
        for index in 0..<39 {
            text += "-A c\(index) -j c\(index + 1)\n-A c\(index) -p tcp -j c\(index + 1)\n"
        }
        let (sets, space) = try sets(text + "-A c39 -s 10.0.0.1/32 -j DROP\n-A INPUT -j c0")
        #expect(
            space.describe(sets.fate(of: "INPUT").dropped, within: space.packets(at: .input), limit: 2).sets
                .map(\.text)
                == ["any from 10.0.0.1 to any"])
    }

    @Test func whatIsTooComplexIsSaidSo() throws {
        let rules = (0..<200).map {
            "-A INPUT -s 10.\($0).0.0/255.255.0.255 -d 0.0.\($0).0/0.255.255.0 -j DROP"
        }
        #expect(throws: TooComplex.self) {
            _ = try sets(rules.joined(separator: "\n"), budget: ComplexityBudget(nodes: 3000, steps: 1 << 20))
        }
        #expect(throws: TooComplex.self) {
            _ = try sets(rules.joined(separator: "\n"), budget: ComplexityBudget(nodes: 1 << 20, steps: 3000))
        }
    }

    /// Whatever the decoder makes of bytes is a packet of the space.
    @Test func decodedFramesAreInTheSpace() {
        for family in AddressFamily.allCases {
            let space = PacketSpace(family: family, tables: [])
            var interfaces = InterfaceTable()
            var metadata = PacketMetadata()
            metadata.inInterface = interfaces.id(of: "eth0")
            for sample in FrameSamples.all {
                for cut in 0..<24 {
                    let frame = DecodedFrame(
                        Array(sample.bytes.dropLast(cut)), sample.linkType, originalLength: sample.bytes.count
                    )
                    guard frame.isPacket, frame.packet.family == family else { continue }
                    let packet = ConcretePacket(
                        packet: frame.packet, metadata: metadata, flow: FlowView(family: family),
                        bytes: frame.bytes)
                    #expect(
                        space.contains(space.everything, space.point(of: packet, interfaces: interfaces)),
                        "\(sample.name) without its last \(cut) bytes")
                }
            }
        }
    }
}
