public import Engine
public import RuleModel

extension CompiledRules {
    /// The rules as `iptables-save -c` prints them, with these counters.
    /// - Parameter counters: by `RuleID.index`, as `MatchEngine` keeps them.
    public func countersText(_ counters: [RuleCounters]) -> String {
        // Ids run through tables and chains in order: a chain's rules, then its end.
        var firsts: [TableKind: [Int]] = [:]
        var next = 0
        for table in ruleSet.tables {
            for chain in table.chains {
                firsts[table.kind, default: []].append(next)
                next += chain.rules.count + 1
            }
        }
        return SyntaxPrinter(ruleSet).text(showsRuleCounters: true) { place in
            guard let first = firsts[place.table]?[place.chain], let table = ruleSet.table(place.table) else {
                return RuleCounters()
            }
            return counters[first + (place.rule ?? table.chains[place.chain].rules.count)]
        }
    }
}
