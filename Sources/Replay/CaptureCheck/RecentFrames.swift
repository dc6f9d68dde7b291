import Packets

/// The packets of the last moment, to find copies of them.
struct RecentFrames: Sendable {
    enum Sighting: Sendable {
        case first
        /// The same to the byte: captured twice, or sent twice by the network.
        case again
        /// The same but for its TTL: in front of a router and behind it.
        case beyondRouter
    }

    private struct Entry: BitwiseCopyable {
        var hash: UInt64 = 0
        var hopLimit: UInt8 = 0
        var time: Int64 = 0
    }

    private static let bits: UInt64 = 14
    /// In nanoseconds.
    private static let moment: Int64 = 1_000_000_000
    private static let mostBytes = 256

    private var entries = Array(repeating: Entry(), count: 1 << Int(bits))

    mutating func add(_ packet: Packet, _ bytes: RawSpan, at time: Timestamp) -> Sighting {
        let hash = RecentFrames.hash(packet, bytes)
        let slot = Int(hash >> (64 - RecentFrames.bits))
        let known = entries[slot]
        entries[slot] = Entry(hash: hash, hopLimit: packet.hopLimit, time: time.nanoseconds)
        let (age, overflow) = time.nanoseconds.subtractingReportingOverflow(known.time)
        guard known.hash == hash, !overflow, age.magnitude <= RecentFrames.moment.magnitude else {
            return .first
        }
        return known.hopLimit == packet.hopLimit ? .again : .beyondRouter
    }

    /// Of the IP packet without what a router changes: TTL and header checksum.
    private static func hash(_ packet: Packet, _ bytes: RawSpan) -> UInt64 {
        let start = Int(packet.networkOffset)
        let end = min(start + Int(packet.totalLength), bytes.byteCount, start + mostBytes)
        let skipped = packet.family == .ipv4 ? [8, 10, 11] : [7]
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(packet.totalLength)
        for offset in start..<max(start, end) where !skipped.contains(offset - start) {
            hash = (hash ^ UInt64(bytes.byte(at: offset))) &* 0x0000_0100_0000_01b3
        }
        hash ^= hash >> 29
        return (hash &* 0x9e37_79b9_7f4a_7c15) | 1
    }
}
