import RuleModel

/// FW221.
enum MarkUse: Lint {
    static let description = LintDescription(
        "FW221", "mark-never-set-or-read", .warning,
        summary: "A rule asks for a mark that no rule of the file sets, or sets one that none asks for.",
        reason: """
            One half of a pair is lost, or the two write the number or its mask differently: the rule that asks never \
            matches, or the one that sets has no effect.
            """,
        example: "-A FORWARD -m mark --mark 0x2a -j DROP",
        instead: """
            *mangle
            -A PREROUTING -i wan0 -j MARK --set-xmark 0x2a/0xff
            COMMIT
            *filter
            -A FORWARD -m mark --mark 0x2a/0xff -j DROP
            COMMIT
            """,
        exceptions: """
            Marks are set and read outside of the rules, too: by ip rule, tc, IPsec and programs (SO_MARK). So every \
            finding is likely only.
            """,
        sources: ["ip-rule(8), fwmark"])

    private struct Use {
        let facts: TableFacts
        let chain: Chain
        let index: Int
        /// The bits that the rule sets, or asks to be set.
        let bits: UInt32
    }

    static func findings(in file: LintContext) -> [Finding] {
        var setters: [Use] = []
        var readers: [Use] = []
        var read: UInt32 = 0
        for facts in file.tables {
            for chain in facts.table.chains {
                for (index, rule) in chain.rules.enumerated() {
                    let tests = rule.condition.markTests
                    for test in tests { read |= test.mask }
                    let asked = tests.reduce(0) { $0 | ($1.isNegated ? 0 : $1.value) }
                    if asked != 0 {
                        readers.append(Use(facts: facts, chain: chain, index: index, bits: asked))
                    }
                    if case .setMark(let value, _)? = rule.target.action, value != 0 {
                        setters.append(Use(facts: facts, chain: chain, index: index, bits: value))
                    }
                }
            }
        }
        let set = setters.reduce(0) { $0 | $1.bits }
        return readers.filter { $0.bits & ~set != 0 }.map { finding($0, "asks for a mark that no rule sets") }
            + setters.filter { $0.bits & read == 0 }.map { finding($0, "sets a mark that no rule asks for") }
    }

    private static func finding(_ use: Use, _ message: String) -> Finding {
        Finding(
            description, "\(message): 0x\(String(use.bits, radix: 16))", at: use.chain.rules[use.index].range,
            subject: use.facts.subject(use.chain, use.index), confidence: .likely)
    }
}

extension Condition {
    fileprivate struct MarkTest {
        let mask: UInt32
        let value: UInt32
        let isNegated: Bool
    }

    fileprivate var markTests: [MarkTest] {
        switch self {
        case .bits(.mark, let mask, let value): [MarkTest(mask: mask, value: value, isNegated: false)]
        case .not(let inner):
            inner.markTests.map { MarkTest(mask: $0.mask, value: $0.value, isNegated: !$0.isNegated) }
        case .all(let parts), .any(let parts): parts.flatMap(\.markTests)
        default: []
        }
    }
}
