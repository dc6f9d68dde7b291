/// What the kernel did with one packet.
public struct KernelObservation: Sendable, Hashable {
    /// A netfilter hook that a packet entered.
    public enum Hook: String, Sendable, CaseIterable {
        case prerouting = "PREROUTING"
        case input = "INPUT"
        case forward = "FORWARD"
        case output = "OUTPUT"
        case postrouting = "POSTROUTING"

        /// By the first letter of a probe's tag.
        init?(letter: Character) {
            switch letter {
            case "P": self = .prerouting
            case "I": self = .input
            case "F": self = .forward
            case "O": self = .output
            case "Q": self = .postrouting
            default: return nil
            }
        }
    }

    /// A frame that left the host.
    public struct Emission: Sendable, Hashable {
        public var interface: String
        /// The IP packet.
        public var bytes: [UInt8]

        public init(interface: String, bytes: [UInt8]) {
            self.interface = interface
            self.bytes = bytes
        }
    }

    /// In order.
    public var hooks: [Hook] = []
    /// The hook in which the packet ended; nil if it didn't end in one.
    public var endedIn: Hook?
    /// It went no further than defragmentation, which comes before every table.
    public var isHeld = false
    /// `NEW`, `INVALID` …, as the rules saw it behind connection tracking; nil without it.
    public var state: String?
    /// What left of the packet itself: several fragments, or one packet.
    public var emissions: [Emission] = []
    /// The packet as it came to the end of INPUT; nil if it didn't.
    public var delivered: [UInt8]?
    /// What the host answered by itself, as it was made.
    public var answers: [[UInt8]] = []
    /// The answers that left.
    public var emittedAnswers: [Emission] = []

    public init() {}
}
