import Conntrack
import Engine
import KernelOracle
import Packets
import RuleModel
import Testing

/// A comparison that finds no fault has to be one that would find any.
@Suite struct VerificationFaultTests {
    /// A packet that both let through, and one thing that differs.
    private func differences(
        _ change: (inout TraversalResult, inout PacketBuilder, inout KernelObservation) -> Void
    ) throws -> [String] {
        var table = InterfaceTable()
        let (eth0, eth1) = (table.id(of: "eth0"), table.id(of: "eth1"))
        var packet = Packet(family: .ipv4)
        var builder = PacketBuilder(
            source: .v4(0x0a00_0005), destination: .v4(0xc633_6407),
            .udp(.init(from: 1, to: 53, payload: [1, 2])))
        let bytes = builder.bytes()
        _ = PacketDecoder().decode(
            bytes.span.bytes, family: .ipv4, networkOffset: 0, originalLength: bytes.count, into: &packet)
        var firewall = Firewall(
            host: SimulatedHost(localAddresses: [], outInterface: eth0), ipv4: nil, ipv6: nil,
            fixedPath: FixedPath(.forward, outInterface: eth0))
        var metadata = PacketMetadata(timestamp: Timestamp(nanoseconds: 0))
        metadata.inInterface = eth1
        var traversal = firewall.process(&packet, &metadata, bytes: bytes.span.bytes, origin: .arriving)
        traversal.connectionState = .new
        var kernel = KernelObservation()
        kernel.hooks = [.prerouting, .forward, .postrouting]
        kernel.state = "NEW"
        builder.hopLimit = 63
        kernel.emissions = [KernelObservation.Emission(interface: "eth0", bytes: builder.bytes())]
        change(&traversal, &builder, &kernel)
        return PacketComparison(traversal, outcome: builder.bytes(), answer: nil, kernel, table, tracks: true)
            .differences.map(\.what)
    }

    @Test func theSameIsNoDifference() throws {
        #expect(try differences { _, _, _ in } == [])
    }

    @Test func everyKindOfFaultIsFound() throws {
        #expect(try differences { traversal, _, _ in traversal.verdict = .drop } == ["fate"])
        #expect(try differences { traversal, _, _ in traversal.connectionState = .invalid } == ["state"])
        #expect(try differences { _, packet, _ in packet.trafficClass = 8 } == ["packet"])
        #expect(try differences { _, packet, _ in packet.hopLimit = 64 } == ["packet"])
        #expect(try differences { _, _, kernel in kernel.emissions[0].interface = "eth1" } == ["interface"])
        #expect(
            try differences { _, _, kernel in kernel.answers = [kernel.emissions[0].bytes] } == ["answer"])
    }

    @Test func countersAreComparedRuleByRule() {
        let text =
            "*filter\n:INPUT ACCEPT [1:40]\n:own - [0:0]\n[3:120] -A INPUT -j own\n[1:40] -A own -j DROP\nCOMMIT\n"
        #expect(CounterComparison(simulated: text, kernel: text).differences.isEmpty)
        #expect(CounterComparison(simulated: text, kernel: text).count == 3)
        for (old, new, place) in [
            ("[1:40]\n:own", "[1:41]\n:own", "filter:INPUT policy"), ("[3:120]", "[2:120]", "filter:INPUT:1"),
            ("[1:40] -A", "[1:39] -A", "filter:own:1"), ("[3:120] -A INPUT -j own\n", "", "filter:INPUT:1"),
        ] {
            let other = text.replacing(old, with: new)
            #expect(CounterComparison(simulated: text, kernel: other).differences.map(\.place) == [place])
        }
    }
}
