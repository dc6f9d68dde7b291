/// By how much the sequence numbers of a TCP connection have moved, because packets became longer or shorter on their way
/// (`nf_conntrack_seqadj.c`).
struct SequenceAdjustment: BitwiseCopyable {
    /// Of one direction (`struct nf_ct_seqadj`).
    struct Way: BitwiseCopyable {
        /// The sequence number of the latest packet whose length changed.
        var position: UInt32 = 0
        /// What is added to sequence numbers up to that one, and behind it.
        var before: UInt32 = 0
        var after: UInt32 = 0

        /// What is added to a sequence number (`nf_ct_seq_offset`).
        func offset(of sequence: UInt32) -> UInt32 { sequence.isAfter(position) ? after : before }

        /// What an acknowledgement of moved numbers is ahead of the sender's own.
        func offset(ofAcknowledgement number: UInt32) -> UInt32 {
            (number &- before).isAfter(position) ? after : before
        }

        /// The packet at a sequence number became longer, or shorter by a negative number (`nf_ct_seqadj_set`).
        mutating func note(_ change: Int, at sequence: UInt32) {
            guard before == after || position.isBefore(sequence) else { return }
            position = sequence
            before = after
            after &+= UInt32(truncatingIfNeeded: change)
        }
    }

    var original = Way()
    var reply = Way()

    subscript(direction: Direction) -> Way {
        get { direction == .original ? original : reply }
        set { if direction == .original { original = newValue } else { reply = newValue } }
    }
}
