import Conntrack
import Engine
import Foundation
import Packets
import RuleModel
import Testing

private let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Traversals")

private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".traversal") }
        .sorted()
}

/// Fragments, and the host's own answers: verdicts, states, bytes and counters are the kernel's
/// (`Scripts/traversal-goldens.py`).
@Suite struct TraversalGoldenTests {
    @Test func thereAreGoldens() throws { #expect(try names().count >= 30) }

    @Test(arguments: try names())
    func everyPacketFaresAsInTheKernel(_ name: String) throws {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        let golden = try TraversalGolden(text)
        var interfaces = golden.table
        let rules = try Laboratory.compile(golden.rules, golden.family, &interfaces)
        var firewall = Firewall(
            host: SimulatedHost(
                interfaces: golden.interfaces, routes: golden.routes, rules: golden.routingRules,
                settings: golden.settings),
            ipv4: golden.family == .ipv4 ? rules : nil, ipv6: golden.family == .ipv6 ? rules : nil,
            fragments: golden.fragments, answerLimits: golden.answerLimits)
        firewall.admit(interfaces)
        firewall.keepsOutcome = true
        var now: Int64 = 1_700_000_000_000_000_000
        for step in golden.steps {
            now += step.wait == 0 ? 1_000_000 : Int64(step.wait * 1e9)
            let place = "\(name):\(step.line)"
            guard let result = process(step, Timestamp(nanoseconds: now), interfaces, &firewall) else {
                #expect(step.verdict == "drop" && step.path == "-", "\(place): not a packet")
                continue
            }
            #expect(verdict(result) == step.verdict, "\(place): \(result)")
            #expect(result.path?.name ?? "-" == step.path, "\(place)")
            if step.state != "-" { #expect(result.connectionState?.name == step.state, "\(place)") }
            check(firewall.answer, step, place)
            if let outcome = step.outcome {
                #expect(firewall.outcome == outcome, "\(place)")
                if !step.outInterface.isEmpty {
                    #expect(interfaces.name(of: result.outInterface) == step.outInterface, "\(place)")
                }
            }
        }
        if let expected = golden.connections {
            #expect(connections(firewall, at: Timestamp(nanoseconds: now)) == expected, "\(name)")
        }
        if let expected = golden.expectations {
            let live = firewall.connections.liveExpectations(at: Timestamp(nanoseconds: now))
            #expect(live.map(\.line).sorted() == expected, "\(name)")
        }
        for (chain, expected) in golden.counters {
            let parts = chain.split(separator: ":").map(String.init)
            let counted =
                golden.family == .ipv4 ? firewall.ipv4.counters : firewall.ipv6.counters
            let ours = counters(TableKind(rawValue: parts[0])!, parts[1], rules, counted)
            #expect(ours == expected, "\(name): \(chain)")
        }
    }

    private func connections(_ firewall: borrowing Firewall, at now: Timestamp) -> [String] {
        var lines: [String] = []
        firewall.connections.forEachConnection(at: now) { lines.append($0.line) }
        return lines.sorted()
    }

    private func process(
        _ step: TraversalGolden.Step, _ now: Timestamp, _ interfaces: InterfaceTable,
        _ firewall: inout Firewall
    ) -> TraversalResult? {
        var packet = Packet(family: .ipv4)
        let family = AddressFamily(rawValue: step.bytes[0] >> 4)!
        let decoder = PacketDecoder(checksAddressScope: !step.isSent)
        let fault = decoder.decode(
            step.bytes.span.bytes, family: family, networkOffset: 0, originalLength: step.bytes.count,
            into: &packet)
        guard fault == nil else { return nil }
        var metadata = PacketMetadata(timestamp: now)
        if step.destinationMAC.isMulticast {
            metadata.packetType = step.destinationMAC == .broadcast ? .broadcast : .multicast
        }
        if step.isSent {
            metadata.outInterface = interfaces.lookUp(step.interface)!
        } else {
            metadata.inInterface = interfaces.lookUp(step.interface)!
        }
        return firewall.process(
            &packet, &metadata, bytes: step.bytes.span.bytes, origin: step.isSent ? .sentByHost : .arriving)
    }

    private func verdict(_ result: TraversalResult) -> String {
        switch result.verdict {
        case .routedAway: "drop"
        case .reject: result.rejectKind == nil ? "drop" : "reject"
        default: result.verdict.rawValue.lowercased()
        }
    }

    private func check(_ answer: HostAnswer?, _ step: TraversalGolden.Step, _ place: String) {
        // A redirect goes out beside another answer.
        guard let reply = step.replies.first(where: { $0.kind != "icmp-redirect" }) ?? step.replies.first
        else {
            #expect(answer == nil, "\(place)")
            return
        }
        guard let answer else {
            Issue.record("\(place): no answer")
            return
        }
        #expect(answer.message.name(answer.packet.family) == reply.kind, "\(place)")
        #expect(answer.packet.verifyTransportChecksum(answer.translated.span.bytes) == .valid, "\(place)")
        #expect(comparable(answer.bytes) == comparable(reply.bytes), "\(place)")
        // With two answers, the fate is that of the second.
        guard step.replies.count == 1 else { return }
        #expect((answer.traversal?.verdict == .accept) == (reply.fate != "dropped"), "\(place)")
    }

    /// The kernel's identification is random, and the checksum of its IPv4 reset is completed behind the hooks.
    private func comparable(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes[0] >> 4 == 4 else { return bytes }
        var bytes = bytes
        bytes.replaceSubrange(10..<12, with: [0, 0])
        if bytes[9] == 6 { bytes.replaceSubrange(36..<38, with: [0, 0]) }
        return bytes
    }

    private func counters(
        _ table: TableKind, _ chain: String, _ rules: CompiledRules, _ counters: [RuleCounters]
    ) -> String {
        var texts: [String] = []
        var number = 1
        while let id = rules.id(table: table, chain: chain, number: number) {
            texts.append("[\(counters[Int(id.index)].packets):\(counters[Int(id.index)].bytes)]")
            number += 1
        }
        return texts.joined(separator: " ")
    }
}
