import Conntrack
import Packets
import Replay

/// How connection tracking saw the packets.
extension ReplayPage {
    @HTMLBuilder func states() -> [HTMLNode] {
        let rows = (ConnectionState.allCases.map { Optional($0) } + [nil]).filter {
            summary.total($0).packets > 0
        }
        if rows.isEmpty {
            element(.p, .class("soft")) { "No packet met the rules." }
        } else {
            element(.p, .class("soft small")) { "As connection tracking saw the packets that met rules." }
            element(.div, .class("wide"), .label("Connection states"), .focusable) {
                element(.table, .class("figures")) {
                    headings(
                        ["State", "Packets", "Share", "Bytes", "Accepted", "Not accepted"], numbers: 1...5)
                    element(.tbody) {
                        for state in rows {
                            let total = summary.total(state)
                            let accepted = summary.accepted(state)
                            element(.tr) {
                                element(.th, .scope(.row)) { state?.name ?? "not tracked" }
                                element(.td, .class("number")) { total.packets.grouped }
                                element(.td, .class("number")) {
                                    total.packets.share(
                                        of: summary.total(.ipv4).packets + summary.total(.ipv6).packets)
                                }
                                element(.td, .class("number")) { total.bytes.grouped }
                                element(.td, .class("number")) { accepted.grouped }
                                element(.td, .class("number")) { (total.packets - accepted).grouped }
                            }
                        }
                    }
                }
            }
            if !summary.invalid.isEmpty {
                element(.p, .class("soft small")) {
                    "INVALID because of: "
                    ReplaySummary.list(summary.invalid.map { ($0.key.rawValue, $0.value) })
                }
            }
        }
    }
}
