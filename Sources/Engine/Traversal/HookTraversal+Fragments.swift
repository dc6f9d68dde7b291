internal import Conntrack
internal import Packets

/// Fragments of a packet to the host itself that connection tracking didn't put together before
/// (`ip_local_deliver`).
extension HookTraversal {
    mutating func deliverFragment<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall, _ observer: inout Observer
    ) {
        let fate = withCurrentFrame(firewall.rewritten, bytes) {
            firewall.ipv4Fragments.add(packet, metadata, bytes: $0, user: .localDelivery)
        }
        switch fate {
        case .passed: deliver(&packet, &metadata, bytes, &firewall, &observer)
        case .held, .discarded(.duplicate): steal(nil)
        case .discarded(let fault):
            drop(.reassembly)
            result.path = nil
            result.fragmentFault = fault
        case .completed(let datagram):
            result.fragments = datagram.fragments
            packet = datagram.packet
            let mark = metadata.mark
            metadata = datagram.metadata
            metadata.mark = mark
            words = PacketWords(packet, metadata, flow)
            firewall.rewritten = datagram.bytes
            deliver(&packet, &metadata, datagram.bytes.span.bytes, &firewall, &observer)
        }
    }

    /// Reassembly keeps the packet, or drops it.
    mutating func steal(_ fault: FragmentFault?) {
        result.verdict = .stolen
        result.path = nil
        result.rule = nil
        result.fragmentFault = fault
    }
}
