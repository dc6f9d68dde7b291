/// Takes an IP packet apart for a link that is too short for it (`ip_do_fragment` in `net/ipv4/ip_output.c`,
/// `ip6_fragment` in `net/ipv6/ip6_output.c`).
///
/// What reassembly put together keeps the borders that it came with, where they fit. The identification of an IPv6 packet is
/// drawn anew in the kernel; here it is the one that is given.
public struct PacketFragmenter {
    private let packet: [UInt8]
    /// The length that no fragment exceeds.
    private let limit: Int

    /// The packets that leave: the packet itself if nothing makes it too long, or if it is cut short.
    /// - Parameters:
    ///   - packet: an IP packet, from its header on.
    ///   - mtu: of the link; nil if nobody knows it.
    ///   - reassembly: how the packet was put together; nil if it came in one piece.
    ///   - identification: for the fragments of an IPv6 packet.
    public static func packets(
        of packet: [UInt8], mtu: UInt32?, reassembly: Reassembly?, identification: UInt32
    ) -> [[UInt8]] {
        guard packet.count >= 20 else { return [packet] }
        let isIPv4 = packet[0] >> 4 == 4
        guard isIPv4 || packet.count >= 40 else { return [packet] }
        let total = Int(packet.uint16(at: isIPv4 ? 2 : 4)) + (isIPv4 ? 0 : 40)
        guard total == packet.count else { return [packet] }
        let largest = reassembly.map { Int($0.largest) } ?? .max
        let limit = min(Int(mtu ?? .max), largest)
        let fragmenter = PacketFragmenter(packet: packet, limit: limit)
        if isIPv4 {
            guard total > limit || reassembly != nil else { return [packet] }
            return fragmenter.ipv4(reassembly)
        }
        guard total > limit else { return [packet] }
        return fragmenter.ipv6(reassembly, identification)
    }

    /// How a packet was put together.
    public struct Reassembly: Sendable, Hashable {
        /// The length of the largest fragment, headers included (`frag_max_size`).
        public var largest: UInt32
        /// The lengths of the fragments' payloads, in the order of their offsets.
        public var lengths: [Int]

        public init(largest: UInt32, lengths: [Int]) {
            self.largest = largest
            self.lengths = lengths
        }
    }

    /// The payload's parts: the old ones if they fit, else as large as can be.
    private func parts(_ reassembly: Reassembly?, behind headers: Int, space: Int) -> (
        ranges: [Range<Int>], areOld: Bool
    ) {
        let end = packet.count
        var ranges: [Range<Int>] = []
        var start = headers
        if let lengths = reassembly?.lengths, lengths.reduce(headers, +) == end, lengths.count > 1,
            lengths.allSatisfy({ $0 <= space }), lengths.dropLast().allSatisfy({ $0 % 8 == 0 })
        {
            for length in lengths {
                ranges.append(start..<start + length)
                start += length
            }
            return (ranges, true)
        }
        while start < end {
            let length = end - start <= space ? end - start : space & ~7
            ranges.append(start..<start + length)
            start += length
        }
        return (ranges, false)
    }

    private func ipv4(_ reassembly: Reassembly?) -> [[UInt8]] {
        let headerLength = Int(packet[0] & 0xf) * 4
        guard headerLength >= 20, headerLength < packet.count, limit >= headerLength + 8 else {
            return [packet]
        }
        let old = packet.uint16(at: 6)
        let (ranges, areOld) = parts(reassembly, behind: headerLength, space: limit - headerLength)
        guard ranges.count > 1 else { return [packet] }
        return ranges.enumerated().map { index, range in
            var header = Array(packet[..<headerLength])
            if index > 0 { PacketFragmenter.dropUncopiedOptions(&header) }
            header.set(UInt16(headerLength + range.count), at: 2)
            let isLast = index == ranges.count - 1 && old & 0x2000 == 0
            // Fragments with their old borders lose "don't fragment".
            let keptFlag = areOld ? 0 : old & 0x4000
            let offset = UInt16((range.lowerBound - headerLength) / 8) + old & 0x1fff
            header.set(keptFlag | (isLast ? 0 : 0x2000) | offset & 0x1fff, at: 6)
            header.set(0, at: 10)
            header.set(
                ~InternetChecksum.fold(InternetChecksum.sum(header.span.bytes, from: 0, count: headerLength)),
                at: 10)
            return header + packet[range]
        }
    }

    /// Options without the "copied" bit stay with the first fragment (RFC 791, 3.1; `ip_options_fragment`).
    private static func dropUncopiedOptions(_ header: inout [UInt8]) {
        var offset = 20
        while offset < header.count, header[offset] != 0 {
            guard header[offset] != 1 else {
                offset += 1
                continue
            }
            guard offset + 1 < header.count else { return }
            let length = Int(header[offset + 1])
            guard length >= 2, offset + length <= header.count else { return }
            if header[offset] & 0x80 == 0 {
                for place in offset..<offset + length { header[place] = 1 }
            }
            offset += length
        }
    }

    private func ipv6(_ reassembly: Reassembly?, _ identification: UInt32) -> [[UInt8]] {
        guard let place = unfragmentableEnd() else { return [packet] }
        let headers = place.end
        guard headers < packet.count, limit >= headers + 16 else { return [packet] }
        let (ranges, _) = parts(reassembly, behind: headers, space: limit - headers - 8)
        return ranges.enumerated().map { index, range in
            var bytes = Array(packet[..<headers])
            let next = bytes[place.nextHeader]
            bytes[place.nextHeader] = ExtensionHeader.fragment
            bytes.set(UInt16(headers + 8 + range.count - 40), at: 4)
            let isLast = index == ranges.count - 1
            bytes += [next, 0]
            bytes.append(bigEndian: UInt64(range.lowerBound - headers) | (isLast ? 0 : 1), bytes: 2)
            bytes.append(bigEndian: UInt64(identification), bytes: 4)
            return bytes + packet[range]
        }
    }

    /// Where the headers end that every fragment repeats, and the byte that says what follows them; nil if the packet ends
    /// before (`ip6_find_1stfragopt`).
    private func unfragmentableEnd() -> (end: Int, nextHeader: Int)? {
        var end = 40
        var nextHeader = 6
        var foundRouting = false
        while true {
            switch packet[nextHeader] {
            case ExtensionHeader.hopByHop: break
            case ExtensionHeader.routing: foundRouting = true
            case ExtensionHeader.destinationOptions where !foundRouting: break
            default: return (end, nextHeader)
            }
            guard end + 2 <= packet.count else { return nil }
            nextHeader = end
            end += (Int(packet[end + 1]) + 1) * 8
            guard end <= packet.count else { return nil }
        }
    }
}
