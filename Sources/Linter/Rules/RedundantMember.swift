import Diagnostics
import RuleModel
import RuleSyntax

/// FW110.
enum RedundantMember: Lint {
    static let description = LintDescription(
        "FW110", "redundant-member", .warning, fix: .safe,
        summary: "A list of ports or addresses in a rule names something that another member of it covers.",
        reason: """
            It makes the list look as if it held more than it does; each address of a list is a rule of its own that \
            is tested for nothing.
            """,
        example: "-A INPUT -p tcp -m multiport --dports 80,80:90,443 -j DROP",
        instead: "-A INPUT -p tcp -m multiport --dports 80:90,443 -j DROP",
        exceptions: "None.", sources: ["iptables-extensions(8), multiport"])

    private static let options: Set<String> = [
        "--dports", "--destination-ports", "--sports", "--source-ports", "--ports",
    ]

    static func findings(in file: LintContext) -> [Finding] {
        let addresses = file.anomalies { facts, solved, index, anomaly in
            guard case .redundantMember(let other) = anomaly else { return nil }
            let rule = facts.rule(index)
            return Finding(
                description, "an address of the list lies in another one of it", at: rule.range,
                subject: facts.subject(index),
                proof: "rule \(index.rule + 1) of the chain matches only what rule \(other.rule + 1) takes")
        }
        return addresses + file.tables.flatMap { facts in facts.table.chains.flatMap { ports($0, facts) } }
    }

    private static func ports(_ chain: Chain, _ facts: TableFacts) -> [Finding] {
        var found: [Finding] = []
        var lastLine = 0
        for (index, rule) in chain.rules.enumerated() where rule.line != lastLine {
            lastLine = rule.line
            let words = facts.words(rule)
            for (option, list) in zip(words, words.dropFirst()) where options.contains(option.text) {
                found += ports(list, facts.subject(chain, index))
            }
        }
        return found
    }

    private static func ports(_ list: Word, _ subject: Finding.Subject) -> [Finding] {
        let members = members(of: list)
        return members.indices.compactMap { index in
            let member = members[index]
            let other = members.indices.first { other in
                other != index && members[other].ports.contains(member.ports)
                    && (members[other].ports != member.ports || other < index)
            }
            guard let other else { return nil }
            // With the comma before it, or for the first the one behind.
            let range =
                index == 0
                ? SourceRange(member.range.lower, members[1].range.lower)
                : SourceRange(members[index - 1].range.upper, member.range.upper)
            return Finding(
                description,
                members[other].ports == member.ports
                    ? "\(text(member.ports)) stands twice in the list"
                    : "\(text(member.ports)) is in \(text(members[other].ports)) of the same list",
                at: member.range, subject: Finding.Subject(table: subject.table, chain: subject.chain),
                fix: Finding.Fix(isSafe: true, "take it out", [Finding.Edit(range, "")]))
        }
    }

    private static func text(_ ports: ClosedRange<Int>) -> String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound):\(ports.upperBound)"
    }

    /// The members that are numbers; none if the word is quoted or names services.
    private static func members(of list: Word) -> [(ports: ClosedRange<Int>, range: SourceRange)] {
        guard list.text.utf8.count == list.range.upper - list.range.lower else { return [] }
        var members: [(ports: ClosedRange<Int>, range: SourceRange)] = []
        var offset = list.range.lower
        for part in list.text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard let low = ends[0], let high = ends.count == 2 ? ends[1] : low, ends.count <= 2, low <= high
            else {
                return []
            }
            members.append((low...high, SourceRange(offset, offset + part.utf8.count)))
            offset += part.utf8.count + 1
        }
        return members
    }
}
