import Engine
public import Gateway

/// One session as a filter without memory, the filter, and the gateway judge it.
public struct SessionComparison: Sendable {
    /// The raw values are stable names for output; the worst comes first.
    public enum Class: String, Sendable, CaseIterable {
        /// The filter lets it through, and the gateway refuses it.
        case blindSpot = "blind-spot"
        /// The filter lets it through, and the gateway doesn't carry it.
        case gatewayGap = "gateway-gap"
        /// The filter refuses it, and the gateway lets it through.
        case stricterFilter = "stricter-filter"
        case same
    }

    public var session: SessionResult
    public var stateless: FilterTally
    public var filter: FilterTally

    public var `class`: Class {
        let gateway = session.record.verdict
        if filter.letsThrough {
            return gateway == .unproxied ? .gatewayGap : gateway.letsThrough ? .same : .blindSpot
        }
        return gateway.letsThrough ? .stricterFilter : .same
    }
}

/// What a comparison found, in numbers.
public struct ComparisonTotals: Sendable {
    /// Packets of no session.
    public struct Outside: Sendable, Hashable {
        public var packets: UInt64 = 0
        public var accepted: UInt64 = 0
        public var dropped: UInt64 = 0
    }

    /// Differences that are kept; the others are only counted.
    private static let differenceLimit = 1000

    public private(set) var classes: [SessionComparison.Class: UInt64] = [:]
    /// By what keeps them out of sessions.
    public private(set) var outside: [String: Outside] = [:]
    public private(set) var differences: [SessionComparison] = []
    /// How many sessions got which verdicts.
    public private(set) var verdicts: [Verdicts: UInt64] = [:]

    public struct Verdicts: Hashable, Sendable {
        public var stateless: FilterTally.Verdict
        public var filter: FilterTally.Verdict
        public var gateway: SessionVerdict
        public var `class`: SessionComparison.Class
    }

    public init() {}

    public func count(_ class: SessionComparison.Class) -> UInt64 { classes[`class`] ?? 0 }

    public mutating func add(_ comparison: SessionComparison) {
        classes[comparison.class, default: 0] += 1
        let verdicts = Verdicts(
            stateless: comparison.stateless.verdict, filter: comparison.filter.verdict,
            gateway: comparison.session.record.verdict, class: comparison.class)
        self.verdicts[verdicts, default: 0] += 1
        guard comparison.class != .same, differences.count < ComparisonTotals.differenceLimit else { return }
        differences.append(comparison)
    }

    mutating func addOutside(_ reason: String, _ result: PacketResult) {
        outside[reason, default: Outside()].packets += 1
        guard case .traversed(let traversal) = result.outcome else { return }
        if traversal.verdict == .accept {
            outside[reason]!.accepted += 1
        } else {
            outside[reason]!.dropped += 1
        }
    }

    /// The worst first: by class, then by how much of the client's had reached the server, then in order.
    public var worstFirst: [SessionComparison] {
        let order = SessionComparison.Class.allCases
        return differences.sorted { a, b in
            let ranks = (order.firstIndex(of: a.class)!, order.firstIndex(of: b.class)!)
            if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
            let bytes = (a.session.record.clientBytes, b.session.record.clientBytes)
            if bytes.0 != bytes.1 { return bytes.0 > bytes.1 }
            return a.session.number < b.session.number
        }
    }
}

/// Puts together what filters did with each frame and what became of the sessions.
public struct SessionComparer: Sendable {
    public private(set) var totals = ComparisonTotals()
    private var tallies: [UInt64: (stateless: FilterTally, filter: FilterTally)] = [:]

    public init() {}

    /// - Parameters:
    ///   - outcome: where the frame belongs.
    public mutating func add(_ outcome: FrameOutcome, stateless: PacketResult, filter: PacketResult) {
        switch outcome {
        case .session(let number, let peer):
            tallies[number, default: (FilterTally(), FilterTally())].stateless.add(stateless, from: peer)
            tallies[number]!.filter.add(filter, from: peer)
        case .notIP: totals.addOutside("not-ip", filter)
        case .malformed: totals.addOutside("malformed", filter)
        case .other(let reason): totals.addOutside(reason, filter)
        }
    }

    /// The session is done, and all its frames were added.
    public mutating func finish(_ session: SessionResult) -> SessionComparison {
        let tally = tallies.removeValue(forKey: session.number) ?? (FilterTally(), FilterTally())
        let comparison = SessionComparison(
            session: session, stateless: tally.stateless, filter: tally.filter)
        totals.add(comparison)
        return comparison
    }
}
