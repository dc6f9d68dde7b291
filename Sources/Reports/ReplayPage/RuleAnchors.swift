import Engine
import Packets

/// Where on the page a rule is.
struct RuleAnchors {
    private var anchors: [AddressFamily: [UInt32: String]] = [:]

    init(_ sections: [RuleSection]) {
        for section in sections {
            for row in section.shownRows {
                let anchor = RuleAnchors.name(of: row, section.family)
                for id in row.ids { anchors[section.family, default: [:]][id] = anchor }
            }
        }
    }

    /// Nil for a rule that is left out.
    func anchor(of rule: RuleID, _ family: AddressFamily) -> String? { anchors[family]?[rule.index] }

    static func name(of row: ChainRows.Row, _ family: AddressFamily) -> String {
        "\(family == .ipv4 ? "ipv4" : "ipv6")-\(row.ids.lowerBound)"
    }
}
