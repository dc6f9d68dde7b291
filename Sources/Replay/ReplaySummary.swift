public import Conntrack
public import Engine
public import Packets

/// Totals of a replay. Memory is bounded by the kinds of things counted, and for dropped flows by `flowLimit`.
public struct ReplaySummary: Sendable {
    public struct Total: Sendable, Hashable {
        public var packets: UInt64 = 0
        /// Of IP packets, as rules count them; 0 for other frames.
        public var bytes: UInt64 = 0

        public init() {}
    }

    /// What dropped packets are grouped by.
    public struct DroppedFlow: Hashable, Sendable {
        public var family: AddressFamily
        public var transportProtocol: IPProtocol
        public var source: UInt128
        public var destination: UInt128
        /// 0 where there is none.
        public var destinationPort: UInt16
        public var verdict: PacketVerdict
        /// Nil if no rule dropped it.
        public var rule: RuleID?
        public var routedAwayReason: RoutedAwayReason?
    }

    /// A kind of answer, and its fate.
    public struct Answer: Hashable, Sendable {
        public var name: String
        public var verdict: PacketVerdict
    }

    public static let flowLimit = 50_000

    public private(set) var frames: UInt64 = 0
    public private(set) var first: Timestamp?
    public private(set) var last: Timestamp?
    /// By verdict, `PacketVerdict.slot`. A dictionary would cost 30 ns a packet.
    private var verdicts = Array(repeating: Total(), count: PacketVerdict.allCases.count)
    private var ipv4 = Total()
    private var ipv6 = Total()
    /// Of those, what couldn't have happened (`PacketResult.counterfactual`).
    private var impossible = Array(repeating: Total(), count: PacketVerdict.allCases.count)
    public private(set) var egressCopies: UInt64 = 0
    public private(set) var notIP: [LinkContent: UInt64] = [:]
    public private(set) var malformed: [Malformation: UInt64] = [:]
    public private(set) var routedAway: [RoutedAwayReason: UInt64] = [:]
    public private(set) var silentDrops: [SilentDrop: UInt64] = [:]
    public private(set) var invalid: [InvalidReason: UInt64] = [:]
    /// Fragments that came last, and carried a whole packet through the rules.
    public private(set) var reassembledPackets: UInt64 = 0
    /// All fragments of those packets.
    public private(set) var reassembledFragments: UInt64 = 0
    /// Of STOLEN fragments.
    public private(set) var fragmentFaults: [FragmentFault: UInt64] = [:]
    /// The host's own answers that were made, by kind and by what OUTPUT did with them.
    public private(set) var answers: [Answer: Total] = [:]
    /// Answers that weren't made, as the captures hold them.
    public private(set) var capturedAnswers: UInt64 = 0
    /// By `ConnectionState.rawValue`; behind them, packets that connection tracking hasn't seen.
    private var states = Array(repeating: Total(), count: ConnectionState.allCases.count + 1)
    private var acceptedByState = Array(repeating: UInt64(0), count: ConnectionState.allCases.count + 1)
    public private(set) var cutByCapture: UInt64 = 0
    /// Packets of which a rule asked a fact that nobody gave.
    public private(set) var packetsWithMissingFacts: UInt64 = 0
    /// What they lacked: bits of the families' `CompiledRules.facts`, as in `TraversalResult.missingFacts`.
    public private(set) var missingFacts: [AddressFamily: UInt64] = [:]
    public private(set) var unansweredRejects: UInt64 = 0
    /// Packets of connections that are translated to a port over which the kernel draws lots.
    public private(set) var drawnTranslations: UInt64 = 0
    /// Packets that met a test of chance (`statistic --mode random`).
    public private(set) var packetsByChance: UInt64 = 0
    /// Packets of connections that are translated to an address that nobody named.
    public private(set) var unknownTranslations: UInt64 = 0
    public private(set) var droppedFlows: [DroppedFlow: Total] = [:]
    /// Dropped packets of flows beyond `flowLimit`.
    public private(set) var otherDropped: UInt64 = 0

    public init() {}

    public func total(_ verdict: PacketVerdict) -> Total { verdicts[verdict.slot] }

    /// Of the packets with a verdict, those that couldn't have happened.
    public func impossible(_ verdict: PacketVerdict) -> Total { impossible[verdict.slot] }

    public var impossiblePackets: UInt64 { impossible.reduce(0) { $0 &+ $1.packets } }

    /// Of the packets that met rules.
    public func total(_ family: AddressFamily) -> Total { family == .ipv4 ? ipv4 : ipv6 }

    /// - Parameter state: nil for packets that connection tracking hasn't seen.
    public func total(_ state: ConnectionState?) -> Total { states[slot(of: state)] }

    /// How many packets of `total(state)` were accepted.
    public func accepted(_ state: ConnectionState?) -> UInt64 { acceptedByState[slot(of: state)] }

    private func slot(of state: ConnectionState?) -> Int { Int(state?.rawValue ?? UInt8(states.count - 1)) }

    public mutating func add(_ result: PacketResult) {
        frames &+= 1
        if first == nil { first = result.timestamp }
        last = max(last ?? result.timestamp, result.timestamp)
        switch result.outcome {
        case .notIP(let content): notIP[content, default: 0] &+= 1
        case .malformed(let malformation): malformed[malformation, default: 0] &+= 1
        case .egressCopy: egressCopies &+= 1
        case .traversed(let traversal): add(traversal, result)
        }
    }

    public mutating func add(_ answer: HostAnswer) {
        guard let traversal = answer.traversal else {
            capturedAnswers &+= 1
            return
        }
        let kind = Answer(name: answer.message.name(answer.packet.family), verdict: traversal.verdict)
        answers[kind, default: Total()].add(UInt64(answer.packet.totalLength))
    }

    private mutating func add(_ traversal: TraversalResult, _ result: PacketResult) {
        let packet = result.packet
        let bytes = UInt64(packet.totalLength)
        verdicts[traversal.verdict.slot].add(bytes)
        if result.counterfactual != nil { impossible[traversal.verdict.slot].add(bytes) }
        guard traversal.verdict != .stolen else {
            if let fault = traversal.fragmentFault { fragmentFaults[fault, default: 0] &+= 1 }
            return
        }
        if packet.family == .ipv4 { ipv4.add(bytes) } else { ipv6.add(bytes) }
        let state = slot(of: traversal.connectionState)
        states[state].add(bytes)
        if traversal.verdict == .accept { acceptedByState[state] &+= 1 }
        if let reason = traversal.routedAwayReason { routedAway[reason, default: 0] &+= 1 }
        if let drop = traversal.silentDrop { silentDrops[drop, default: 0] &+= 1 }
        if let reason = traversal.invalidReason { invalid[reason, default: 0] &+= 1 }
        if traversal.fragments > 0 {
            reassembledPackets &+= 1
            reassembledFragments &+= UInt64(traversal.fragments)
        }
        if packet.flags.contains(.cutByCapture) { cutByCapture &+= 1 }
        if traversal.missingFacts != 0 {
            packetsWithMissingFacts &+= 1
            missingFacts[packet.family, default: 0] |= traversal.missingFacts
        }
        if traversal.translationCertainty == .drawn { drawnTranslations &+= 1 }
        if traversal.isByChance { packetsByChance &+= 1 }
        if traversal.translationCertainty == .unknown { unknownTranslations &+= 1 }
        guard traversal.verdict != .accept else { return }
        if traversal.verdict == .reject, traversal.rejectKind == nil { unansweredRejects &+= 1 }
        let flow = DroppedFlow(
            family: packet.family, transportProtocol: packet.transportProtocol, source: packet.source,
            destination: packet.destination, destinationPort: packet.destinationPort,
            verdict: traversal.verdict,
            rule: traversal.rule, routedAwayReason: traversal.routedAwayReason)
        if droppedFlows[flow] != nil || droppedFlows.count < ReplaySummary.flowLimit {
            droppedFlows[flow, default: Total()].add(bytes)
        } else {
            otherDropped &+= 1
        }
    }
}

extension ReplaySummary.Total {
    fileprivate mutating func add(_ bytes: UInt64) {
        packets &+= 1
        self.bytes &+= bytes
    }
}

extension PacketVerdict {
    fileprivate var slot: Int {
        switch self {
        case .accept: 0
        case .drop: 1
        case .reject: 2
        case .routedAway: 3
        case .stolen: 4
        case .queue: 5
        }
    }
}
