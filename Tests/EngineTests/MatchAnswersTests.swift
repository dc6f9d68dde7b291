import Conntrack
import Engine
import Foundation
import Packets
import RuleModel
import TestSupport
import Testing

/// `Fixtures/MatchAnswers`: which of many packets, most of them odd, the kernel's matches took or dropped at once
/// (`Scripts/match-answers.py`).
@Suite struct MatchAnswersTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let family: AddressFamily
        let rule: String
        let taken: Set<Int>
        let dropped: Set<Int>

        var testDescription: String { "\(family) \(rule)" }
    }

    private static func lines(_ name: String) throws -> [String] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/MatchAnswers")
        return try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n")
            .map(String.init)
    }

    private static func numbers(_ text: Substring) -> Set<Int> {
        Set(text.split(separator: " ").compactMap { Int($0) })
    }

    private static func rows(_ family: AddressFamily) -> [Row] {
        ((try? lines("\(family).answers")) ?? []).dropFirst().map { line in
            let rest = line.split(separator: ";", omittingEmptySubsequences: false)
            return Row(
                family: family,
                rule: rest.dropLast(2).joined(separator: ";").trimmingCharacters(in: .whitespaces),
                taken: numbers(rest[rest.count - 2]), dropped: numbers(rest[rest.count - 1]))
        }
    }

    private static let frames: [AddressFamily: [[UInt8]]] = {
        var frames: [AddressFamily: [[UInt8]]] = [:]
        for family in AddressFamily.allCases {
            frames[family] = try? lines("\(family).frames").map { bytes(hex: $0) }
        }
        return frames
    }()

    private static func decoded(_ family: AddressFamily) throws -> [DecodedFrame] {
        try #require(frames[family]).map { DecodedFrame($0) }
    }

    @Test(arguments: AddressFamily.allCases)
    func whatComesToNoRuleIsMalformed(_ family: AddressFamily) throws {
        let frames = try MatchAnswersTests.decoded(family)
        let refused = frames.indices.filter { !frames[$0].isPacket }.map { $0 + 1 }
        let words = try #require(try MatchAnswersTests.lines("\(family).answers").first).split(separator: ";")
        #expect(Set(refused) == MatchAnswersTests.numbers(words[1]))
        #expect(frames.count >= 500 && MatchAnswersTests.rows(family).count > 70)
    }

    @Test(arguments: rows(.ipv4) + rows(.ipv6))
    func eachPacketFaresAsInTheKernel(_ row: Row) throws {
        var interfaces = InterfaceTable()
        let rules = try Laboratory.compile(
            "*mangle\n:PREROUTING DROP\n-A PREROUTING \(row.rule) -j ACCEPT", row.family, &interfaces)
        var engine = MatchEngine(rules)
        let host = SimulatedHost(interfaces: [], routes: nil)
        var connections = ConnectionTable()
        var taken: Set<Int> = []
        var dropped: Set<Int> = []
        for (index, frame) in try MatchAnswersTests.decoded(row.family).enumerated() where frame.isPacket {
            var metadata = PacketMetadata()
            metadata.hasMACs = true
            metadata.sourceMAC = frame.link.sourceMAC
            let verdict = engine.run(
                .mangle, at: .prerouting, frame.packet, &metadata, FlowView(family: row.family),
                bytes: frame.bytes.span.bytes, host: host, connections: &connections)
            switch verdict?.kind {
            case .accept: taken.insert(index + 1)
            case .hotdrop: dropped.insert(index + 1)
            default: break
            }
        }
        #expect(taken.subtracting(row.taken).sorted() == [], "taken by us alone")
        #expect(row.taken.subtracting(taken).sorted() == [], "taken by the kernel alone")
        #expect(dropped.symmetricDifference(row.dropped).sorted() == [], "dropped by one alone")
    }

    /// What a snapshot length leaves of a packet is no reason to stop; what is missing is nowhere found.
    @Test(arguments: AddressFamily.allCases)
    func packetsThatAreCutShortAreBorne(_ family: AddressFamily) throws {
        let frames = try #require(MatchAnswersTests.frames[family])
        var cut: [DecodedFrame] = []
        for (index, bytes) in frames.enumerated() {
            let left = bytes.count - 1 - index % max(1, bytes.count - 60)
            cut.append(DecodedFrame(Array(bytes.prefix(left)), originalLength: bytes.count))
        }
        cut.removeAll { !$0.isPacket }
        #expect(cut.contains { $0.packet.flags.contains(.cutByCapture) })
        let host = SimulatedHost(interfaces: [], routes: nil)
        for row in MatchAnswersTests.rows(family) {
            var interfaces = InterfaceTable()
            let text = "*mangle\n:PREROUTING DROP\n-A PREROUTING \(row.rule) -j ACCEPT"
            var engine = MatchEngine(try Laboratory.compile(text, family, &interfaces))
            var connections = ConnectionTable()
            for frame in cut {
                var metadata = PacketMetadata()
                let verdict = engine.run(
                    .mangle, at: .prerouting, frame.packet, &metadata, FlowView(family: family),
                    bytes: frame.bytes.span.bytes, host: host, connections: &connections)
                #expect(verdict != nil)
            }
        }
    }
}
