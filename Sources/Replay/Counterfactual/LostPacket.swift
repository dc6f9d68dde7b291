import Engine
import RuleModel

/// A packet that didn't get to the other side, on which later ones depend.
public struct LostPacket: Hashable, Sendable, BitwiseCopyable {
    /// Whether the firewall itself told the sender.
    enum Answer: Hashable, Sendable, BitwiseCopyable { case none, reset, icmp }

    /// `PacketResult.number` of the packet that was dropped.
    public let number: UInt64
    let answer: Answer

    /// Nil if the packet got through, or nobody knows: what a queue's program would say, a fragment that waits for
    /// others, a frame that was for another host.
    init?(_ traversal: TraversalResult, number: UInt64) {
        switch traversal.verdict {
        case .accept, .queue, .stolen: return nil
        case .drop: answer = .none
        case .reject:
            answer = traversal.rejectKind.map { $0 == .tcpReset ? .reset : .icmp } ?? .none
        case .routedAway:
            guard traversal.routedAwayReason != .notForUs else { return nil }
            answer = .icmp
        }
        self.number = number
    }

    init(number: UInt64, answer: Answer = .none) {
        self.number = number
        self.answer = answer
    }
}
