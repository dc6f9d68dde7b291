import AddressSets
import Diagnostics
import Engine
import Extensions
import Foundation
import Packets
import RuleModel
import TestSupport
import Testing

/// Rules with sets, run by the engine over the packets of which the kernel said which rules they match
/// (`Fixtures/AddressSets`).
@Suite struct SetRuleTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/AddressSets")
    static let names =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".lookups") }.sorted()

    /// A set that no rule changes is compiled into tests of the packet, any other is looked up: both must agree with the
    /// kernel.
    @Test(arguments: names, [false, true])
    func rulesMatchWhatTheKernelSays(_ name: String, seemChanged: Bool) throws {
        let golden = LookupGolden(
            try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8))
        let sets = try #require(self.sets(golden.sets.joined(separator: "\n")))
        let family: AddressFamily = name.hasPrefix("ipv6") ? .ipv6 : .ipv4
        var text = "*raw\n:PREROUTING ACCEPT [0:0]\n:unused - [0:0]\n"
        for rule in golden.rules { text += "-A PREROUTING \(rule)\n" }
        if seemChanged {
            for set in sets.sets where set.options.family == nil || set.options.family == family {
                text += "-A unused -j SET --del-set \(set.name) src,src,src\n"
            }
        }
        var interfaces = InterfaceTable()
        let rules = try compile(text + "COMMIT\n", family, sets, &interfaces)
        let ids = ["eth0": interfaces.id(of: "eth0"), "eth1": interfaces.id(of: "eth1")]
        var firewall = Firewall(
            host: SimulatedHost(localAddresses: []), ipv4: family == .ipv4 ? rules : nil,
            ipv6: family == .ipv6 ? rules : nil, fixedPath: FixedPath(.input, outInterface: .none))
        firewall.admit(interfaces)
        let numbers = try golden.rules.indices.map { index in
            Int(try #require(rules.id(table: .raw, chain: "PREROUTING", number: index + 1)).index)
        }
        for (index, sent) in golden.packets.enumerated() {
            let frame = DecodedFrame(sent.frame)
            var packet = frame.packet
            var metadata = PacketMetadata(timestamp: Timestamp(nanoseconds: Int64(index)))
            metadata.inInterface = try #require(ids[sent.interface])
            metadata.hasMACs = true
            metadata.sourceMAC = frame.link.sourceMAC
            metadata.destinationMAC = frame.link.destinationMAC
            let before = counts(firewall, family, numbers)
            _ = firewall.process(&packet, &metadata, bytes: sent.frame.span.bytes, origin: .arriving)
            let after = counts(firewall, family, numbers)
            let hits = numbers.indices.filter { after[$0] != before[$0] }.map { $0 + 1 }
            #expect(hits == sent.rules, "\(name): packet \(index + 1)")
        }
    }

    @Test func aMapGivesPacketsTheirMark() throws {
        let sets = try #require(
            self.sets(
                """
                create m hash:ip skbinfo
                add m 10.0.0.5 skbmark 0x10/0xf0
                add m 10.0.0.6
                """))
        let text = """
            *mangle
            -A PREROUTING -j MARK --set-mark 0x2f
            -A PREROUTING -j SET --map-set m src --map-mark
            -A PREROUTING -m mark --mark 0x1f
            -A PREROUTING -m mark --mark 0x2f
            COMMIT

            """
        var interfaces = InterfaceTable()
        let rules = try compile(text, .ipv4, sets, &interfaces)
        var firewall = Firewall(
            host: SimulatedHost(localAddresses: []), ipv4: rules, ipv6: nil,
            fixedPath: FixedPath(.input, outInterface: .none))
        let numbers = try [3, 4].map {
            Int(try #require(rules.id(table: .mangle, chain: "PREROUTING", number: $0)).index)
        }
        for source in ["10.0.0.5", "10.0.0.6", "10.0.0.7"] {
            let frame = try DecodedFrame(words: "udp \(source):1 > 192.0.2.1:2")
            var packet = frame.packet
            var metadata = PacketMetadata()
            _ = firewall.process(&packet, &metadata, bytes: frame.bytes.span.bytes, origin: .arriving)
        }
        #expect(counts(firewall, .ipv4, numbers) == [1, 2])
    }

    @Test func whatNobodyGaveIsMissing() throws {
        var interfaces = InterfaceTable()
        let rules = try compile(
            "*filter\n-A INPUT -m set --match-set a src -j DROP\n-A INPUT -j SET --add-set a src\nCOMMIT\n",
            .ipv4, nil, &interfaces)
        #expect(rules.facts == ["set:a"])
    }

    private func sets(_ text: String) -> SetCatalogue? {
        SetFileReader(SourceFile(name: "ipset.save", text: text + "\n")).read().catalogue
    }

    private func compile(
        _ text: String, _ family: AddressFamily, _ sets: SetCatalogue?, _ interfaces: inout InterfaceTable
    ) throws -> CompiledRules {
        let built = RuleSetBuilder(catalogue: .standard, family: family, sets: sets)
            .build(SourceFile(name: "rules", text: text))
        return RuleCompiler.compile(
            try #require(built.ruleSet, "\(built.diagnostics.map(\.message))"), interfaces: &interfaces)
    }

    private func counts(
        _ firewall: borrowing Firewall, _ family: AddressFamily, _ numbers: [Int]
    ) -> [UInt64] {
        let counters = family == .ipv4 ? firewall.ipv4.counters : firewall.ipv6.counters
        return numbers.map { counters[$0].packets }
    }
}
