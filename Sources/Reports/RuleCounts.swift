public import Engine
public import RuleModel

/// What the rules of one family counted.
public struct RuleCounts: Sendable {
    /// By `RuleID.index`, as `MatchEngine` keeps them.
    public let all: [RuleCounters]
    /// Of `all`, what couldn't have happened; empty if nothing was found.
    private let impossible: [RuleCounters]

    public init(_ engine: borrowing MatchEngine) {
        all = engine.counters
        impossible = engine.apart
    }

    /// Without what couldn't have happened.
    func possible(_ index: Int) -> RuleCounters {
        var rest = all[index]
        guard !impossible.isEmpty else { return rest }
        rest.packets &-= impossible[index].packets
        rest.bytes &-= impossible[index].bytes
        return rest
    }
}

extension RuleCounters {
    mutating func add(_ other: RuleCounters) {
        packets &+= other.packets
        bytes &+= other.bytes
    }
}
