import Conntrack
import Packets
import Testing

/// SplitMix64: the same packets in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite struct FuzzTests {
    /// Whatever the bytes and whatever the decoder says of them: no trap, no growth, and a state that fits
    /// the rest.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func randomPackets(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var settings = ConntrackSettings()
        settings.maximumConnections = 500
        var table = ConnectionTable(settings: settings, seed: seed)
        let protocols: [IPProtocol] = [.tcp, .udp, .icmp, .icmpv6, .sctp, .udpLite, .gre, .esp, .ipv6NoNext]
        var now: Int64 = 0
        var contradictions = 0
        var open: [Tracking] = []
        for _ in 0..<5000 {
            let family: AddressFamily = Bool.random(using: &random) ? .ipv4 : .ipv6
            var bytes = (0..<Int.random(in: 0...90, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : UInt8.random(in: 0...8, using: &random)
            }
            let transportProtocol = protocols.randomElement(using: &random)!
            if bytes.count > 8, transportProtocol == .icmp || transportProtocol == .icmpv6 {
                // Often an error, which quotes an IP header.
                bytes[0] = [3, 1, 11, 137, 8, 128].randomElement(using: &random)!
                let quoted = udp(1, 1, 2, 2).bytes
                if Bool.random(using: &random) { bytes = Array(bytes[..<8]) + quoted }
            }
            var made = TestPacket(
                family: family, transportProtocol, from: UInt128.random(in: 0...3, using: &random),
                to: UInt128.random(in: 0...3, using: &random), transport: bytes)
            if Int.random(in: 0...9, using: &random) == 0 {
                // A decoder that lies.
                made.packet.transportOffset = UInt32.random(in: 0...200, using: &random)
                made.packet.transportLength = UInt32.random(in: 0...(.max), using: &random)
                made.packet.tcpHeaderLength = UInt8.random(in: 0...255, using: &random)
                made.packet.flags = PacketFlags(rawValue: UInt16.random(in: 0...511, using: &random))
            }
            now &+= Int64.random(in: -1_000_000_000...3_000_000_000, using: &random)
            let at = Timestamp(nanoseconds: Int.random(in: 0...999, using: &random) == 0 ? .max : now)
            let tracking = table.track(
                made.packet, bytes: made.bytes.span.bytes,
                checksum: Int.random(in: 0...9, using: &random) == 0 ? .bad : .notVerified,
                hook: Bool.random(using: &random) ? .prerouting : .output, at: at)
            let shouldExist = [.new, .established, .related].contains(tracking.flow.state)
            if tracking.flow.exists != shouldExist { contradictions += 1 }
            switch Int.random(in: 0...9, using: &random) {
            case 0: table.discard(tracking)
            case 1: open.append(tracking)
            case 2: table.reset(tracking, at: at)
            default: _ = table.confirm(tracking)
            }
            if open.count > 50, let late = open.popLast() {
                _ = table.confirm(late)
                open.removeFirst(25)
            }
        }
        #expect(contradictions == 0)
        #expect(table.count <= 500)
    }
}
