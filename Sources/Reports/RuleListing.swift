import Diagnostics
import RuleModel

/// A line of a rule file, with what it counted.
struct RulePlace {
    /// As it stands in the file, made safe for a terminal.
    var text: String
    /// From 1; 0 for a chain that the file doesn't declare.
    var line: Int
    var counters: RuleCounters
    /// Of `counters`, the packets that could have happened.
    var possible: RuleCounters
    var isPolicy: Bool
    /// A table's beginning, which counts nothing.
    var isHeading: Bool
}

extension RuleSet {
    /// The tables, policies and rules in the order and the spelling of the file. Rules that share a line (a list of
    /// addresses) are counted together.
    func places(_ counts: RuleCounts) -> [RulePlace] {
        var places: [RulePlace] = []
        var next = 0
        for table in tables {
            places.append(
                RulePlace(
                    text: "*\(table.kind.rawValue)", line: 0, counters: RuleCounters(),
                    possible: RuleCounters(), isPolicy: false, isHeading: true))
            var policies: [RulePlace] = []
            // Lines that name several addresses have several rules.
            var written: [Int: RulePlace] = [:]
            for chain in table.chains {
                for rule in chain.rules {
                    var place =
                        written[rule.range.lower]
                        ?? RulePlace(
                            text: SafeText.line(writtenText(of: rule)), line: rule.line,
                            counters: RuleCounters(), possible: RuleCounters(),
                            isPolicy: false, isHeading: false)
                    place.counters.add(counts.all[next])
                    place.possible.add(counts.possible(next))
                    written[rule.range.lower] = place
                    next += 1
                }
                if let policy = chain.policy {
                    policies.append(
                        RulePlace(
                            text: ":\(chain.name) \(policy.rawValue)", line: 0, counters: counts.all[next],
                            possible: counts.possible(next), isPolicy: true, isHeading: false))
                }
                next += 1
            }
            places += policies + written.sorted { $0.key < $1.key }.map(\.value)
        }
        return places
    }
}
