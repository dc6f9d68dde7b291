import Diagnostics
import Engine
import Packets
import Replay
import RuleModel

/// What made packets not arrive.
extension ReplayPage {
    private static let causeCount = 20
    private static let flowsOfACause = 5

    private struct Cause: Hashable {
        var verdict: PacketVerdict
        var family: AddressFamily
        var rule: RuleID?
        var routedAwayReason: RoutedAwayReason?
    }

    private struct CauseTotal {
        var packets: UInt64 = 0
        var flows: [ReplaySummary.DroppedTotal] = []
    }

    @HTMLBuilder func drops(_ anchors: RuleAnchors) -> [HTMLNode] {
        let flows = summary.largestDroppedFlows
        if flows.isEmpty {
            element(.p, .class("soft")) { "Nothing was dropped." }
        } else {
            if summary.otherDropped > 0 {
                element(.p, .class("soft small")) {
                    "Counted are the first \(UInt64(ReplaySummary.flowLimit).grouped) flows that were dropped; "
                    "\(summary.otherDropped.grouped) packets of others are left out."
                }
            }
            causes(flows, anchors)
            senders(flows)
        }
    }

    // MARK: By cause

    @HTMLBuilder private func causes(_ flows: [ReplaySummary.DroppedTotal], _ anchors: RuleAnchors)
        -> [HTMLNode]
    {
        let causes = grouped(flows)
        element(.table, .class("causes"), .label("Dropped most")) {
            headings(["Packets", "What dropped them, and the largest flows"], numbers: 0...0)
            for (cause, total) in causes.prefix(ReplayPage.causeCount) {
                element(.tbody) {
                    element(.tr, .class("cause")) {
                        element(.th, .scope(.rowgroup), .class("number")) {
                            element(.strong) { total.packets.grouped }
                        }
                        element(.td) { words(cause, anchors) }
                    }
                    for (flow, flowTotal) in total.flows.prefix(ReplayPage.flowsOfACause) {
                        element(.tr) {
                            element(.td, .class("number soft")) { flowTotal.packets.grouped }
                            element(.td) { element(.code) { flow.words } }
                        }
                    }
                    others(total)
                }
            }
        }
        if causes.count > ReplayPage.causeCount {
            let rest = causes.dropFirst(ReplayPage.causeCount)
            element(.p, .class("soft small")) {
                "And \(rest.reduce(0) { $0 + $1.total.packets }.grouped) packets for \(rest.count) other reasons."
            }
        }
    }

    private func grouped(_ flows: [ReplaySummary.DroppedTotal]) -> [(cause: Cause, total: CauseTotal)] {
        var totals: [Cause: CauseTotal] = [:]
        // Causes come in the order of their largest flows, which is the same in every run.
        var order: [Cause] = []
        for (flow, total) in flows {
            let cause = Cause(
                verdict: flow.verdict, family: flow.family, rule: flow.rule,
                routedAwayReason: flow.routedAwayReason)
            if totals[cause] == nil { order.append(cause) }
            totals[cause, default: CauseTotal()].packets += total.packets
            totals[cause, default: CauseTotal()].flows.append((flow, total))
        }
        let ranked = order.enumerated().sorted { a, b in
            let (first, second) = (totals[a.element]!.packets, totals[b.element]!.packets)
            return first != second ? first > second : a.offset < b.offset
        }
        return ranked.map { ($0.element, totals[$0.element]!) }
    }

    @HTMLBuilder private func words(_ cause: Cause, _ anchors: RuleAnchors) -> [HTMLNode] {
        VerdictStyle.badge(cause.verdict.rawValue)
        if let rule = cause.rule {
            let place = book.location(of: rule, cause.family)
            " by "
            if let anchor = anchors.anchor(of: rule, cause.family) {
                element(.a, .href(toID: anchor)) { element(.bdi) { place.words } }
            } else {
                element(.bdi) { place.words }
            }
            " (\(cause.family.words)"
            if let line = place.line { ", line \(line)" }
            ")"
            if let rules = book.rules(cause.family), let text = rules.rule(rule)?.range {
                element(.code, .class("rule")) { rules.ruleSet.file.text(text) }
            }
        } else {
            // Connection tracking drops without a rule, too (`SilentDrop`).
            " by \(cause.routedAwayReason.map { "routing: \($0.rawValue)" } ?? "connection tracking") "
            "(\(cause.family.words))"
        }
    }

    @HTMLBuilder private func others(_ total: CauseTotal) -> [HTMLNode] {
        let rest = total.flows.dropFirst(ReplayPage.flowsOfACause)
        if !rest.isEmpty {
            element(.tr) {
                element(.td, .class("number soft")) { rest.reduce(0) { $0 + $1.total.packets }.grouped }
                element(.td, .class("soft")) {
                    "in \(UInt64(rest.count).grouped) other flow\(rest.count == 1 ? "" : "s")"
                }
            }
        }
    }
}
