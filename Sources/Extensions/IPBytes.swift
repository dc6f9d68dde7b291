import Packets

/// An IP packet's bytes in its frame, with offsets that count from the IP header, as the kernel's matches count. What
/// the capture lacks is read as nil, like what is behind the packet's end (`skb_header_pointer`).
struct IPBytes: BitwiseCopyable {
    /// The packet's length on the wire (`skb->len`).
    let length: Int
    /// Where the upper-layer header begins (`par->thoff`).
    let transportOffset: Int
    private let start: Int
    private let available: Int
    private let nextHeader: UInt8

    init(_ packet: Packet, _ bytes: RawSpan) {
        length = Int(packet.totalLength)
        start = Int(packet.networkOffset)
        transportOffset = Int(packet.transportOffset) - start
        available = min(length, bytes.byteCount - start)
        nextHeader = packet.family == .ipv6 && available >= 40 ? bytes.byte(at: start + 6) : 0
    }

    private func has(_ count: Int, at offset: Int) -> Bool { offset >= 0 && offset <= available - count }

    func byte(at offset: Int, _ bytes: RawSpan) -> UInt8? {
        has(1, at: offset) ? bytes.byte(at: start + offset) : nil
    }

    func uint16(at offset: Int, _ bytes: RawSpan) -> UInt16? {
        has(2, at: offset) ? bytes.uint16(at: start + offset) : nil
    }

    func uint32(at offset: Int, _ bytes: RawSpan) -> UInt32? {
        has(4, at: offset) ? bytes.uint32(at: start + offset) : nil
    }

    func uint128(at offset: Int, _ bytes: RawSpan) -> UInt128? {
        has(16, at: offset) ? bytes.uint128(at: start + offset) : nil
    }

    /// The bytes from an offset on, in the frame's terms; empty behind the end.
    func range(from offset: Int) -> Range<Int> {
        let end = start + max(0, available)
        return min(start + offset, end)..<end
    }

    /// The type of the IPv6 header's first extension header, or of its upper layer.
    var firstHeader: UInt8 { nextHeader }

    enum HeaderSearch {
        /// Where it begins.
        case found(Int)
        case absent
        /// The chain of headers ends before.
        case broken
    }

    /// Looks for an extension header as `ipv6_find_hdr` does with a target and no flags (net/ipv6/exthdrs_core.c): behind
    /// the header of a later fragment it looks no further. Every header is at least 8 bytes long, which bounds the walk.
    func find(_ target: UInt8, _ bytes: RawSpan) -> HeaderSearch {
        var next = nextHeader
        var offset = 40
        while ExtensionHeader.isExtension(next) && next != ExtensionHeader.noNext {
            guard let following = byte(at: offset, bytes), let lengthField = byte(at: offset + 1, bytes)
            else {
                return .broken
            }
            var headerLength = (Int(lengthField) + 1) * 8
            switch next {
            case ExtensionHeader.routing: guard has(4, at: offset) else { return .broken }
            case ExtensionHeader.fragment:
                guard let word = uint16(at: offset + 2, bytes) else { return .broken }
                if word & ~7 != 0 { return next == target ? .found(offset) : .absent }
                headerLength = 8
            case ExtensionHeader.authentication: headerLength = (Int(lengthField) + 2) * 4
            default: break
            }
            if next == target { return .found(offset) }
            next = following
            offset += headerLength
        }
        return next == target ? .found(offset) : .absent
    }
}
