import RuleModel

/// User chains that decide nothing: no verdict but RETURN, no log line, no mark, no test with memory, and no calls of
/// chains that do. Matches in them may still drop packets with headers that are cut short.
struct IdleChains {
    let isIdle: [Bool]

    init(_ table: Table, _ calls: ChainUse) {
        var isIdle = table.chains.map { chain in
            chain.hook == nil && chain.rules.allSatisfy { IdleChains.isHarmless($0) }
        }
        // What leads to a chain that does something does something.
        var waiting = isIdle.indices.filter { !isIdle[$0] }
        while let chain = waiting.popLast() {
            for call in calls.calls[chain] where isIdle[call.caller] {
                isIdle[call.caller] = false
                waiting.append(call.caller)
            }
        }
        self.isIdle = isIdle
    }

    private static func isHarmless(_ rule: Rule) -> Bool {
        if rule.condition.hasHistory { return false }
        switch rule.target {
        case .none, .jump: return true
        // It skips the rest of the calling chain.
        case .goto: return false
        case .action(let target): return target.action == .returnToCaller
        }
    }
}

extension Condition {
    /// Whether some leaf fulfils the test.
    func contains(_ isWanted: (Condition) -> Bool) -> Bool {
        switch self {
        case .not(let inner): inner.contains(isWanted)
        case .all(let parts), .any(let parts): parts.contains { $0.contains(isWanted) }
        default: isWanted(self)
        }
    }

    var hasHistory: Bool {
        contains { leaf in
            if case .history = leaf { true } else { false }
        }
    }

    /// Whether it may drop a packet on the spot.
    var readsHeaders: Bool {
        contains { leaf in
            switch leaf {
            case .header, .tcpOption, .number(.tcpMaximumSegmentSize, in: _): true
            default: false
            }
        }
    }
}
