import Diagnostics
public import Engine
public import Packets
import RuleModel

/// A packet's way as the kernel's TRACE target logs it (`trace_packet` in `net/ipv4/netfilter/ip_tables.c`).
public struct TraceText {
    private let book: RuleBook

    public init(_ book: RuleBook) { self.book = book }

    /// A line for each rule that matched and each chain's end: `TRACE: filter:INPUT:rule:3`.
    public func lines(_ trace: RuleTrace, family: AddressFamily) -> [String] {
        trace.events.filter { $0.outcome == .hit }.map { SafeText.line(prefix(of: $0.rule, family)) }
    }

    /// `TRACE: filter:INPUT:rule:3`
    func prefix(of rule: RuleID, _ family: AddressFamily) -> String {
        let place = book.location(of: rule, family)
        let word = book.traceWord(of: rule, at: place, family)
        return "TRACE: \(place.table.rawValue):\(place.chain):\(word):\(place.position)"
    }
}

extension RuleBook {
    /// `rule`, `return` or `policy`. The kernel calls an unconditional ACCEPT, DROP or RETURN what it calls a chain's
    /// end (`get_chainname_rulenum`).
    fileprivate func traceWord(of id: RuleID, at place: RuleLocation, _ family: AddressFamily) -> String {
        let end = place.hook == nil ? "return" : "policy"
        guard let rules = rules(family), let rule = rules.rule(id) else { return end }
        // nf_tables calls every rule a rule (`nft_trace`).
        guard rules.ruleSet.backend == .legacy else { return "rule" }
        guard rule.header == RuleHeader(), rule.matches.isEmpty, case .action(let target) = rule.target else {
            return "rule"
        }
        switch target.action {
        case .accept, .drop, .returnToCaller: return end
        default: return "rule"
        }
    }
}
