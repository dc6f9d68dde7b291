import Packets
import Replay

/// Whose packets didn't arrive.
extension ReplayPage {
    private static let senderCount = 10

    private struct Sender {
        var packets: UInt64 = 0
        var destinations: Set<UInt128> = []
        var ports: Set<UInt16> = []
    }

    @HTMLBuilder func senders(_ flows: [ReplaySummary.DroppedTotal]) -> [HTMLNode] {
        let ranked = ranked(flows)
        element(.h3) { "Whose packets were dropped most" }
        element(.div, .class("wide"), .label("Sources of dropped packets"), .focusable) {
            element(.table, .class("figures")) {
                headings(["Source", "Packets", "Share of drops", "Destinations", "Ports"], numbers: 1...4)
                element(.tbody) {
                    for (address, sender) in ranked.prefix(ReplayPage.senderCount) {
                        element(.tr) {
                            element(.th, .scope(.row)) { element(.code) { address.description } }
                            element(.td, .class("number")) { sender.packets.grouped }
                            element(.td, .class("number")) {
                                sender.packets.share(of: summary.droppedPackets)
                            }
                            element(.td, .class("number")) { UInt64(sender.destinations.count).grouped }
                            element(.td, .class("number")) { UInt64(sender.ports.count).grouped }
                        }
                    }
                }
            }
        }
        if ranked.count > ReplayPage.senderCount {
            element(.p, .class("soft small")) {
                let rest = ranked.dropFirst(ReplayPage.senderCount)
                "And \(rest.reduce(0) { $0 + $1.sender.packets }.grouped) packets from "
                "\(UInt64(rest.count).grouped) other sources."
            }
        }
    }

    private func ranked(_ flows: [ReplaySummary.DroppedTotal]) -> [(address: IPAddress, sender: Sender)] {
        var senders: [IPAddress: Sender] = [:]
        for (flow, total) in flows {
            let address = IPAddress(family: flow.family, bits: flow.source)
            senders[address, default: Sender()].packets += total.packets
            senders[address]!.destinations.insert(flow.destination)
            if flow.destinationPort != 0 { senders[address]!.ports.insert(flow.destinationPort) }
        }
        return senders.map { ($0.key, $0.value) }.sorted { a, b in
            if a.1.packets != b.1.packets { return a.1.packets > b.1.packets }
            return (a.0.family == .ipv4 ? 0 : 1, a.0.bits) < (b.0.family == .ipv4 ? 0 : 1, b.0.bits)
        }
    }
}
