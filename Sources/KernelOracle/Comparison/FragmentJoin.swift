internal import Packets

/// Puts the fragments of one packet together again, as they left the kernel one behind the other.
enum FragmentJoin {
    /// - Returns: the packet as it was before it was cut, or as it is if it wasn't; nil if the pieces aren't all there.
    static func whole(_ pieces: [[UInt8]]) -> [UInt8]? {
        guard let first = pieces.first, let version = first.first.map({ $0 >> 4 }) else { return nil }
        let parts = pieces.compactMap { version == 4 ? ipv4($0) : ipv6($0) }
        guard parts.count == pieces.count else { return pieces.count == 1 ? first : nil }
        var whole = parts[0].header
        let start = whole.count
        for part in parts.sorted(by: { $0.offset < $1.offset }) {
            guard whole.count - start == part.offset else { return nil }
            whole += part.body
        }
        guard !(parts.max { $0.offset < $1.offset }?.hasMore ?? true) else { return nil }
        let length = version == 4 ? whole.count : whole.count - 40
        let place = version == 4 ? 2 : 4
        whole[place] = UInt8(truncatingIfNeeded: length >> 8)
        whole[place + 1] = UInt8(truncatingIfNeeded: length)
        guard version == 4 else { return whole }
        (whole[10], whole[11]) = (0, 0)
        let sum = ~InternetChecksum.fold(InternetChecksum.sum(whole.span.bytes, from: 0, count: start))
        (whole[10], whole[11]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
        return whole
    }

    private struct Part {
        /// Without what says that it is a fragment.
        var header: [UInt8]
        /// In bytes.
        var offset: Int
        var hasMore: Bool
        var body: [UInt8]
    }

    private static func ipv4(_ packet: [UInt8]) -> Part? {
        guard packet.count >= 20 else { return nil }
        let end = Int(packet[0] & 0xf) * 4
        let field = Int(packet[6]) << 8 | Int(packet[7])
        guard end >= 20, end <= packet.count, field & 0x3fff != 0 else { return nil }
        var header = Array(packet[..<end])
        header[6] &= 0x40
        header[7] = 0
        return Part(
            header: header, offset: (field & 0x1fff) * 8, hasMore: field & 0x2000 != 0,
            body: Array(packet[end...]))
    }

    /// The fragment header comes behind those that every hop or the destination of a route reads.
    private static func ipv6(_ packet: [UInt8]) -> Part? {
        guard packet.count >= 48 else { return nil }
        var place = 6
        var end = 40
        while [0, 43, 60].contains(packet[place]) {
            guard end + 8 <= packet.count else { return nil }
            place = end
            end += (Int(packet[end + 1]) + 1) * 8
        }
        guard packet[place] == 44, end + 8 <= packet.count else { return nil }
        var header = Array(packet[..<end])
        header[place] = packet[end]
        let field = Int(packet[end + 2]) << 8 | Int(packet[end + 3])
        return Part(
            header: header, offset: field & 0xfff8, hasMore: field & 1 != 0, body: Array(packet[(end + 8)...])
        )
    }
}
