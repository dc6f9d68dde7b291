internal import Packets

/// A fragment as it comes in.
struct Fragment {
    /// What fragments of one packet have in common (`struct frag_v4_compare_key`, `frag_v6_compare_key`).
    struct Key: Hashable {
        var source: UInt128
        var destination: UInt128
        var identification: UInt32
        /// 0 in IPv6.
        var transportProtocol: UInt8
        var user: FragmentUser
        /// IPv6, and there only for multicast and link-local destinations.
        var interface: InterfaceID
    }

    var key: Key
    /// In bytes.
    var offset: Int
    /// Behind its last byte, as an offset in the packet's payload.
    var end: Int
    var isLast: Bool
    /// The ECN bits.
    var congestion: UInt8
    var dontFragment: Bool
    /// Where its IP header begins in the frame.
    var networkOffset: Int
    /// The length of what every fragment repeats: the IPv4 header, the IPv6 headers up to the fragment header.
    var headersLength: Int
    /// Where its payload begins in the frame.
    var payload: Int
    /// IPv6: which byte of the headers says what follows them, and what is to stand there instead of 44.
    var nextHeaderOffset = 0
    var nextHeader: UInt8 = 0

    init(ipv4 packet: Packet, _ user: FragmentUser) {
        key = Key(
            source: packet.source, destination: packet.destination, identification: packet.identification,
            transportProtocol: packet.transportProtocol.rawValue, user: user, interface: .none)
        offset = Int(packet.fragmentOffset) * 8
        end = offset + Int(packet.transportLength)
        isLast = !packet.flags.contains(.moreFragments)
        congestion = packet.trafficClass & 3
        dontFragment = packet.flags.contains(.dontFragment)
        networkOffset = Int(packet.networkOffset)
        headersLength = Int(packet.transportOffset) - networkOffset
        payload = Int(packet.transportOffset)
    }
}

/// What `nf_ct_frag6_gather` makes of an IPv6 packet before it looks for a queue.
enum IPv6Fragment {
    case none
    case fragment(Fragment)
    case truncated

    init(_ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ user: FragmentUser) {
        let base = Int(packet.networkOffset)
        let total = Int(packet.totalLength)
        let captured = min(total, bytes.byteCount - base)
        self = .none
        guard bytes.uint16(at: base + 4) != 0 else { return }
        var next = bytes.byte(at: base + 6)
        var nextAt = 6
        var start = 40
        while next != ExtensionHeader.fragment {
            guard ExtensionHeader.isExtension(next), next != ExtensionHeader.noNext, start + 2 <= captured
            else { return }
            let length = IPv6Fragment.length(of: next, field: bytes.byte(at: base + start + 1))
            next = bytes.byte(at: base + start)
            nextAt = start
            start += length
        }
        guard start <= total else { return }
        guard start + 8 <= total else {
            self = .truncated
            return
        }
        guard start + 8 <= captured,
            !IPv6Fragment.endsInHeaders(bytes, base: base, at: start, captured: captured, total: total)
        else { return }

        let word = bytes.uint16(at: base + start + 2)
        var fragment = Fragment(ipv4: packet, user)
        fragment.key.identification = bytes.uint32(at: base + start + 4)
        fragment.key.transportProtocol = 0
        let isScoped = packet.destination >> 120 == 0xff || packet.destination >> 118 == 0xfe80 >> 6
        fragment.key.interface = isScoped ? metadata.inInterface : .none
        fragment.offset = Int(word & 0xfff8)
        fragment.end = fragment.offset + total - start - 8
        fragment.isLast = word & 1 == 0
        fragment.headersLength = start
        fragment.payload = base + start + 8
        fragment.nextHeaderOffset = nextAt
        fragment.nextHeader = bytes.byte(at: base + start)
        self = .fragment(fragment)
    }

    private static func length(of header: UInt8, field: UInt8) -> Int {
        header == ExtensionHeader.authentication ? (Int(field) + 2) * 4 : (Int(field) + 1) * 8
    }

    /// Whether a first fragment ends before the headers do (`ipv6frag_thdr_truncated`; RFC 8200, 4.5).
    private static func endsInHeaders(
        _ bytes: RawSpan, base: Int, at fragmentHeader: Int, captured: Int, total: Int
    ) -> Bool {
        var next = ExtensionHeader.fragment
        var start = fragmentHeader
        while ExtensionHeader.isExtension(next) {
            guard next != ExtensionHeader.noNext, start + 4 <= captured else { return false }
            var length = 8
            if next == ExtensionHeader.fragment {
                guard bytes.uint16(at: base + start + 2) & 0xfff8 == 0 else { return false }
            } else {
                length = IPv6Fragment.length(of: next, field: bytes.byte(at: base + start + 1))
            }
            next = bytes.byte(at: base + start)
            start += length
        }
        let needed =
            switch IPProtocol(rawValue: next) {
            case .tcp: 20
            case .udp, .icmpv6: 8
            default: 1
            }
        return start + needed > total
    }
}
