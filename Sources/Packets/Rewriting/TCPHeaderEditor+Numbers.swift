/// Sequence numbers that move because earlier packets of the connection became longer or shorter
/// (`net/netfilter/nf_conntrack_seqadj.c`).
extension TCPHeaderEditor {
    /// Changes the sequence number, the acknowledgement of a segment that has one, and its selective acknowledgements.
    /// - Parameter moved: what an acknowledged number becomes.
    /// - Returns: `unreadable` for options that make no sense; the numbers in front of them have changed.
    public mutating func moveNumbers(sequence: UInt32, acknowledged moved: (UInt32) -> UInt32) -> Outcome {
        guard captured >= 20 else { return .done }
        replace(number: packet.tcpSequence, at: 4, by: sequence)
        packet.tcpSequence = sequence
        guard packet.tcpFlags.contains(.ack) else { return .done }
        let acknowledgement = moved(packet.tcpAcknowledgement)
        replace(number: packet.tcpAcknowledgement, at: 8, by: acknowledgement)
        packet.tcpAcknowledgement = acknowledgement
        return moveBlocks(moved)
    }

    /// `nf_ct_sack_adjust`
    private mutating func moveBlocks(_ moved: (UInt32) -> UInt32) -> Outcome {
        let end = Int(packet.tcpHeaderLength)
        guard captured >= end else { return .done }
        var at = 20
        while at < end {
            let kind = bytes[start + at]
            if kind == 0 { return .done }
            if kind == 1 {
                at += 1
                continue
            }
            guard at + 1 < end else { return .unreadable }
            let size = Int(bytes[start + at + 1])
            guard size >= 2, at + size <= end else { return .unreadable }
            if kind == 5, size >= 10, (size - 2) % 8 == 0 {
                for edge in stride(from: at + 2, to: at + size, by: 4) {
                    let number = UInt32(word(start + edge)) << 16 | UInt32(word(start + edge + 2))
                    replace(number: number, at: edge, by: moved(number))
                }
            }
            at += size
        }
        return .done
    }

    /// The kernel takes no notice of an odd offset.
    private mutating func replace(number old: UInt32, at offset: Int, by new: UInt32) {
        var change = ChecksumChange()
        for (place, shift) in [(offset, 16), (offset + 2, 0)] as [(Int, UInt32)] {
            let half = UInt16(truncatingIfNeeded: new >> shift)
            change.replace(UInt16(truncatingIfNeeded: old >> shift), half)
            bytes.set(half, at: start + place)
        }
        apply(change)
    }
}
