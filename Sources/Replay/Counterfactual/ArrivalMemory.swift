import Packets

/// How far each direction of a conversation got, for conversations of which nothing was dropped yet. A table of fixed size
/// that forgets: one entry is overwritten by another.
struct ArrivalMemory: Sendable {
    private struct Entry: BitwiseCopyable {
        /// 0 for none.
        var tag: UInt32 = 0
        /// Behind the highest TCP sequence number.
        var end: UInt32 = 0
    }

    private static let bits: UInt64 = 15
    private var entries = Array(repeating: Entry(), count: 1 << Int(bits))

    mutating func note(_ packet: Packet, segment: ObservedSegment?) {
        let (slot, tag) = ArrivalMemory.place(of: packet)
        let end = segment?.end ?? 0
        let isKnown = entries[slot].tag == tag && !packet.tcpFlags.contains(.syn)
        entries[slot] = Entry(tag: tag, end: isKnown ? entries[slot].end.later(end) : end)
    }

    /// Nil if nothing is known to have got through in a packet's direction.
    func end(of packet: Packet) -> UInt32? {
        let (slot, tag) = ArrivalMemory.place(of: packet)
        return entries[slot].tag == tag ? entries[slot].end : nil
    }

    /// The same for the other direction.
    func end(against packet: Packet) -> UInt32? {
        var back = packet
        swap(&back.source, &back.destination)
        swap(&back.sourcePort, &back.destinationPort)
        return end(of: back)
    }

    private static func place(of packet: Packet) -> (slot: Int, tag: UInt32) {
        let source = UInt64(truncatingIfNeeded: packet.source ^ packet.source >> 64)
        let destination = UInt64(truncatingIfNeeded: packet.destination ^ packet.destination >> 64)
        let ports = UInt64(packet.sourcePort) << 32 | UInt64(packet.destinationPort) << 8
        var hash = (source &* 0xff51_afd7_ed55_8ccd) ^ (destination &* 0xc4ce_b9fe_1a85_ec53) ^ ports
        hash ^= UInt64(packet.transportProtocol.rawValue) ^ UInt64(packet.icmpIdentifier) << 48
        hash &*= 0x9e37_79b9_7f4a_7c15
        return (Int(hash >> (64 - bits)), UInt32(truncatingIfNeeded: hash >> 8) | 1)
    }
}
