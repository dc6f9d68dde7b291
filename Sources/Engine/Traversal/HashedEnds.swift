internal import Conntrack
internal import Packets
internal import RuleModel

/// What `-j HMARK` hashes (`struct hmark_tuple` in net/netfilter/xt_HMARK.c).
struct HashedEnds {
    private var source: UInt32 = 0
    private var destination: UInt32 = 0
    private var ports: UInt32 = 0
    private var transportProtocol: UInt8 = 0

    /// Nil if the packet gets no mark.
    init?(_ packet: Packet, _ flow: FlowView, _ hash: HashMark, _ bytes: RawSpan) {
        if hash.isOfConnection {
            guard flow.exists else { return nil }
            take(flow.original.source, flow.reply.source, hash)
            transportProtocol = flow.original.transportProtocol.rawValue
            guard flow.original.transportProtocol != .icmp else { return }
            takePorts(flow.original.sourcePort, flow.reply.sourcePort, hash)
            return
        }
        var packet = packet
        if packet.isHashedByQuotation, !packet.isFragment || packet.family == .ipv4 {
            let inner = Int(packet.transportOffset) + 8
            var quoted = Packet(family: packet.family)
            // A quoted packet is cut short, which is no fault here.
            guard bytes.byteCount >= inner + (packet.family == .ipv4 ? 20 : 40) else { return nil }
            let fault = PacketDecoder(checksAddressScope: false).decode(
                bytes, family: packet.family, networkOffset: inner, originalLength: Int.max, into: &quoted)
            guard fault == nil else { return nil }
            packet = quoted
        }
        take(packet.source, packet.destination, hash)
        transportProtocol = packet.transportProtocol.rawValue
        guard packet.transportProtocol != .icmp || packet.family == .ipv6,
            packet.transportProtocol != .icmpv6 || packet.family == .ipv4, !packet.isFragment
        else { return }
        takePorts(packet, hash, bytes)
    }

    private mutating func take(_ source: UInt128, _ destination: UInt128, _ hash: HashMark) {
        self.source = HashedEnds.folded(source & hash.sourceMask)
        self.destination = HashedEnds.folded(destination & hash.destinationMask)
    }

    /// `hmark_addr6_mask`
    private static func folded(_ address: UInt128) -> UInt32 {
        UInt32(truncatingIfNeeded: address ^ address >> 32 ^ address >> 64 ^ address >> 96)
    }

    /// `proto_ports_offset`: of AH, the SPI is 4 bytes on.
    private mutating func takePorts(_ packet: Packet, _ hash: HashMark, _ bytes: RawSpan) {
        let place: Int
        switch packet.transportProtocol {
        case .tcp, .udp, .dccp, .esp, .sctp, .udpLite: place = Int(packet.transportOffset)
        case .ah: place = Int(packet.transportOffset) + 4
        default: return
        }
        guard place + 4 <= bytes.byteCount else { return }
        let word = bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self).bigEndian
        takePorts(UInt16(word >> 16), UInt16(truncatingIfNeeded: word), hash)
    }

    /// `hmark_swap_ports`: both directions give the same.
    private mutating func takePorts(_ source: UInt16, _ destination: UInt16, _ hash: HashMark) {
        let both = (UInt32(source) << 16 | UInt32(destination)) & hash.portMask | hash.portValue
        let (first, second) = (both >> 16, both & 0xffff)
        ports = second > first ? second << 16 | first : both
    }

    /// `hmark_hash`, before the number is brought into its range.
    func hashed(seed: UInt32, protocolMask: UInt16) -> UInt32 {
        let (low, high) = destination < source ? (destination, source) : (source, destination)
        return JenkinsHash.hash(low, high, ports, initial: seed)
            ^ UInt32(UInt16(transportProtocol) & protocolMask)
    }
}

extension HashMark {
    func mark(of ends: HashedEnds) -> UInt32 {
        let number = ends.hashed(seed: seed, protocolMask: protocolMask)
        return UInt32(truncatingIfNeeded: (UInt64(number) * UInt64(modulus)) >> 32) &+ offset
    }
}

extension Packet {
    /// Whether an ICMP error's ends are those of the packet that it quotes.
    fileprivate var isHashedByQuotation: Bool {
        guard flags.contains(.hasTransportHeader) else { return false }
        switch transportProtocol {
        // `icmp_is_err`
        case .icmp: return family == .ipv4 && [3, 4, 5, 11, 12].contains(icmpType)
        case .icmpv6: return family == .ipv6 && (1..<128).contains(icmpType)
        default: return false
        }
    }
}
