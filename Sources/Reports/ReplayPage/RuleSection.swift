import Diagnostics
import Engine
import Packets
import RuleModel

/// The rules of one family on the page, beside what they counted.
struct RuleSection {
    /// A rule set with more rules is listed without those that nothing hit.
    private static let fullLength = 2000

    let family: AddressFamily
    private let file: String
    private let familyTotal: UInt64
    private let tables: [(kind: TableKind, chains: [ChainRows])]
    private let isFull: Bool
    private let showsPossible: Bool

    /// - Parameters:
    ///   - familyTotal: how many packets of the family met rules.
    ///   - showsPossible: whether packets that couldn't have happened are told apart.
    init(
        _ ruleSet: RuleSet, _ book: RuleBook, _ counters: RuleCounts, familyTotal: UInt64, showsPossible: Bool
    ) {
        self.showsPossible = showsPossible
        family = ruleSet.family
        file = ruleSet.file.name
        self.familyTotal = familyTotal
        var next: UInt32 = 0
        tables = ruleSet.tables.map { table in
            (table.kind, ChainRows.all(of: table, book, ruleSet, counters, next: &next))
        }
        isFull = tables.flatMap(\.chains).reduce(0) { $0 + $1.rows.count } <= RuleSection.fullLength
    }

    private func isShown(_ row: ChainRows.Row) -> Bool { isFull || row.counters.packets > 0 }

    var shownRows: [ChainRows.Row] {
        tables.flatMap(\.chains).flatMap { [$0.policy].compactMap { $0 } + $0.rows.filter(isShown) }
    }

    private var rows: [ChainRows.Row] { tables.flatMap(\.chains).flatMap(\.rows) }

    // MARK: Nodes

    @HTMLBuilder static func legend(_ sections: [RuleSection]) -> [HTMLNode] {
        let rows = sections.flatMap(\.rows)
        let cold = rows.count { $0.counters.packets == 0 }
        element(.p, .class("soft small")) {
            "Packets and bytes that each rule and policy counted; the bar is the share of the family's packets, in the "
            "colour of the rule's verdict. "
            if cold > 0 {
                "\(cold) of \(rows.count) rules were not exercised by this capture, which doesn't mean that nothing needs "
                "them."
            }
        }
        if cold > 0 {
            element(.p, .class("switch")) {
                element(.input, .checkbox, .id("hide-cold"))
                element(.label, .for("hide-cold")) { "Hide rules that this capture didn't exercise" }
            }
        }
    }

    @HTMLBuilder var nodes: [HTMLNode] {
        element(.h3) {
            "\(family.words), "
            element(.code) { file }
        }
        element(.p, .class("soft small")) {
            let cold = rows.filter { $0.counters.packets == 0 }.count
            "\(familyTotal.grouped) \(family.words) packet\(familyTotal == 1 ? "" : "s") met these rules; "
            "\(rows.count - cold) of \(rows.count) rules were hit."
            if !isFull {
                " The others are left out, because the file has over \(RuleSection.fullLength) rules."
            }
        }
        for (kind, chains) in tables { table(kind, chains) }
    }

    private func table(_ kind: TableKind, _ chains: [ChainRows]) -> HTMLNode {
        let callers = ChainRows.callers(in: chains)
        return element(.table, .class("rules folding")) {
            element(.caption) {
                "Table "
                element(.strong) { kind.rawValue }
            }
            element(.thead) {
                element(.tr) {
                    element(.th, .scope(.col), .class("position")) { "No." }
                    element(.th, .scope(.col), .class("number packets")) { "Packets" }
                    element(.th, .scope(.col), .class("number bytes")) { "Bytes" }
                    element(.th, .scope(.col), .class("number portion")) { "Share" }
                    if showsPossible {
                        element(.th, .scope(.col), .class("number possible")) { "Possible" }
                    }
                    element(.th, .scope(.col)) { "Rule" }
                }
            }
            for chain in chains where isFull || chain.policy != nil || chain.rows.contains(where: isShown) {
                self.chain(chain, callers[chain.chain.name] ?? [])
            }
        }
    }

    private func chain(_ chain: ChainRows, _ callers: [ChainRows.Caller]) -> HTMLNode {
        let isCold =
            chain.policy?.counters.packets ?? 0 == 0 && chain.rows.allSatisfy { $0.counters.packets == 0 }
        return element(.tbody, .class(isCold ? "cold" : "hit")) {
            element(.tr, .class("chain")) {
                element(.th, .scope(.rowgroup), .columnSpan(showsPossible ? 6 : 5)) {
                    element(.code) { chain.chain.name }
                    if chain.policy == nil {
                        element(.span, .class("soft small")) { " \(RuleSection.words(callers))" }
                    }
                }
            }
            for row in chain.rows where isShown(row) { self.row(row) }
            if let policy = chain.policy { self.row(policy) }
        }
    }

    private func row(_ row: ChainRows.Row) -> HTMLNode {
        let packets = row.counters.packets
        let kind = row.numbers == nil ? "policy" : packets == 0 ? "cold" : "hit"
        return element(.tr, .id(RuleAnchors.name(of: row, family)), .class(kind)) {
            element(.td) { RuleSection.words(row.numbers) }
            element(.td, .class("number packets")) { packets.grouped }
            element(.td, .class("number bytes")) { packets == 0 ? "" : row.counters.bytes.grouped }
            element(.td, .class("number portion")) {
                if packets > 0 {
                    packets.share(of: familyTotal)
                    element(.span, .class("bar \(VerdictStyle.name(row.action))"), .hiddenFromReaders) {
                        element(.span, .share(min(1, Double(packets) / Double(max(familyTotal, 1)))))
                    }
                } else if row.numbers != nil {
                    element(.span, .class("small")) { "not exercised" }
                }
            }
            if showsPossible {
                element(.td, .class("number possible")) {
                    packets == 0 ? "" : row.possible.packets.grouped
                }
            }
            element(.td) {
                element(.code) { row.text }
                if let line = row.line { element(.span, .class("soft line")) { "line \(line)" } }
            }
        }
    }

    private static func words(_ numbers: ClosedRange<Int>?) -> String {
        guard let numbers else { return "" }
        return numbers.count == 1 ? "\(numbers.lowerBound)" : "\(numbers.lowerBound)–\(numbers.upperBound)"
    }

    private static func words(_ callers: [ChainRows.Caller]) -> String {
        guard !callers.isEmpty else { return "no rule leads here" }
        let shown = callers.prefix(4).map {
            "\($0.chain) (\($0.packets.grouped) packet\($0.packets == 1 ? "" : "s"))"
        }
        return "from " + shown.joined(separator: ", ")
            + (callers.count > 4 ? " and \(callers.count - 4) others" : "")
    }
}
