import Diagnostics
import RuleModel

/// How lints speak about rules.
extension TableFacts {
    func chain(_ index: RuleIndex) -> Chain { table.chains[index.chain] }
    func rule(_ index: RuleIndex) -> Rule { table.chains[index.chain].rules[index.rule] }
    func subject(_ index: RuleIndex) -> Finding.Subject { subject(chain(index), index.rule) }

    /// `it accepts them`, as a note at another rule.
    func related(_ message: String, _ index: RuleIndex) -> Finding.Related {
        Finding.Related(message, at: rule(index).range, subject: subject(index))
    }

    /// `line 13`; with several rules of one line, and of many lines, in short.
    func lines(_ indexes: [RuleIndex]) -> String {
        var lines: [Int] = []
        for index in indexes where !lines.contains(rule(index).line) { lines.append(rule(index).line) }
        return listed(lines: lines)
    }

    /// What the rule does to packets, behind "would": `accept them`, `send them to web`.
    func deed(_ index: RuleIndex) -> String {
        let (verb, end) = verb(index)
        return "\(verb) them\(end)"
    }

    /// The same behind "line 13": `accepts all that comes`, `sends all that comes to web`.
    func deeds(_ index: RuleIndex, _ packets: String) -> String {
        let (verb, end) = verb(index)
        return "\(verb)s \(packets)\(end)"
    }

    private func verb(_ index: RuleIndex) -> (verb: String, end: String) {
        switch rule(index).target {
        case .none: ("count", "")
        case .jump(let chain), .goto(let chain): ("send", " to \(chain)")
        case .action(let target):
            switch target.action {
            case .accept: ("accept", "")
            case .drop: ("drop", "")
            case .reject: ("reject", "")
            case .returnToCaller: ("return", "")
            case .log: ("log", "")
            case .setMark: ("mark", "")
            case .translate: ("translate", "")
            case .queue: ("queue", "")
            case .change: ("change", "")
            case .connection(.untrack): ("untrack", "")
            case .connection(.restoreMark): ("mark", "")
            case .connection(.track): ("track", "")
            case .connection(.setMark), .connection(.saveMark): ("mark the connections of", "")
            case .memory: ("record", "")
            case .proxy: ("proxy", "")
            case .synproxy: ("answer", "")
            case .copy: ("copy", "")
            case .aside, .connection(.aside): ("pass", "")
            }
        }
    }
}
