internal import Conntrack
internal import Packets
internal import RuleModel

/// Address translation (`nf_nat_inet_fn` in `nf_nat_core.c`, `nf_nat_proto.c`): the source in POSTROUTING and INPUT, the
/// destination in PREROUTING and OUTPUT.
///
/// A connection's first packet asks the table nat, and decides for all; later packets and answers are changed without
/// asking. An ICMP error never asks, and the packet that it quotes is changed with it.
extension HookTraversal {
    mutating func translate<Observer: TraversalObserver>(
        _ manipulation: NATManipulation, at hook: Hook, _ packet: inout Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ observer: inout Observer
    ) -> Bool {
        guard flow.exists, firewall.hasNAT(packet.family) else { return true }
        let isError = flow.state == .related && packet.isICMP
        if !isError, flow.state == .new || flow.state == .related {
            guard decide(manipulation, at: hook, &packet, &metadata, bytes, &firewall, &observer) else {
                return false
            }
        }
        result.translationCertainty = tracking?.certainty ?? .exact
        if isError, packet.isRedirect, !flow.status.isDisjoint(with: [.sourceNAT, .destinationNAT]) {
            // It would tell of a route that doesn't lead to the quoted destination.
            drop(.translation)
            return false
        }
        guard let target = flow.target(manipulation) else { return true }
        return rewrite(manipulation, to: target, isError: isError, &packet, bytes, &firewall)
    }

    /// Asks nat, if the packet is the first to have its connection translated so.
    private mutating func decide<Observer: TraversalObserver>(
        _ manipulation: NATManipulation, at hook: Hook, _ packet: inout Packet,
        _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall,
        _ observer: inout Observer
    ) -> Bool {
        guard let tracking, firewall.connections.isUndecided(manipulation, for: tracking) else { return true }
        guard run(.nat, at: hook, &packet, &metadata, bytes, &firewall, &observer) else { return false }
        if let tracking = self.tracking, firewall.connections.isUndecided(manipulation, for: tracking) {
            decide(manipulation, nil, metadata, &firewall)
        }
        return true
    }

    private mutating func decide(
        _ manipulation: NATManipulation, _ range: NATRange?, _ metadata: PacketMetadata,
        _ firewall: inout Firewall
    ) {
        guard var known = tracking else { return }
        firewall.connections.translate(manipulation, into: range, for: &known, at: metadata.timestamp)
        if manipulation == .source, known.certainty == .drawn { firewall.drawn = known }
        tracking = known
        flow.status = known.flow.status
        flow.reply = known.flow.reply
    }

    /// Whether packets of this direction go elsewhere than they say at first, so that OUTPUT has to route them again
    /// (`nf_nat_ipv4_local_fn`).
    var isDestinationTranslated: Bool {
        guard flow.exists else { return false }
        return flow.isReply
            ? flow.reply.destination != flow.original.source
            : flow.original.destination != flow.reply.source
    }

    // MARK: Targets

    /// What a target of the table nat does.
    /// - Returns: how it ends the walk.
    mutating func perform(
        _ translation: Translation, at hook: Hook, _ packet: Packet, _ metadata: PacketMetadata,
        _ firewall: inout Firewall
    ) -> TableVerdict.Kind {
        let manipulation: NATManipulation = hook == .prerouting || hook == .output ? .destination : .source
        switch translation {
        case .source(let range), .destination(let range):
            decide(manipulation, range, metadata, &firewall)
        case .netmap(let network, let mask):
            let old = manipulation == .destination ? packet.destination : packet.source
            let new = old & ~mask | network
            decide(manipulation, NATRange(addresses: new...new), metadata, &firewall)
        case .masquerade(let range):
            // An IPv4 host that has no address yet asks for one.
            if packet.family == .ipv4, flow.original.source == 0 { return .accept }
            let own = firewall.host.masqueradeAddress(for: packet, metadata)
            return decide(manipulation, range, own, metadata, &firewall)
        case .redirect(let range):
            let own =
                hook == .output
                ? .address(packet.family == .ipv4 ? 0x7f00_0001 : IPv6Address.loopback)
                : firewall.host.redirectAddress(
                    for: packet.destinationAddress, arrivedOn: metadata.inInterface)
            return decide(manipulation, range, own, metadata, &firewall)
        }
        return .accept
    }

    private mutating func decide(
        _ manipulation: NATManipulation, _ range: NATRange, _ own: SimulatedHost.OwnAddress,
        _ metadata: PacketMetadata, _ firewall: inout Firewall
    ) -> TableVerdict.Kind {
        switch own {
        case .address(let address):
            var range = range
            range.addresses = address...address
            decide(manipulation, range, metadata, &firewall)
            return .accept
        case .none: return .drop
        case .unknown:
            guard var known = tracking else { return .accept }
            firewall.connections.markTranslationUnknown(&known)
            tracking = known
            return .accept
        }
    }

    // MARK: Packets

    /// `nf_nat_manip_pkt`, `nf_nat_icmp_reply_translation`
    private mutating func rewrite(
        _ manipulation: NATManipulation, to target: FlowTuple, isError: Bool, _ packet: inout Packet,
        _ bytes: RawSpan, _ firewall: inout Firewall
    ) -> Bool {
        var translation = PacketTranslation(target.transportProtocol, isError: isError)
        switch manipulation {
        case .source: translation.source = .init(address: target.source, port: target.sourcePort)
        case .destination:
            let port = target.isQuery ? target.sourcePort : target.destinationPort
            translation.destination = .init(address: target.destination, port: port)
        }
        guard translation.canBeWritten(packet, bytes) else {
            drop(.translation)
            return false
        }
        var whole = result.translation ?? translation
        if let source = translation.source { whole.source = source }
        if let destination = translation.destination { whole.destination = destination }
        result.translation = whole
        packet.take(translation)
        words.take(packet)
        firewall.rewritten = withCurrentFrame(firewall.rewritten, bytes) {
            PacketRewriter.frame(of: packet, translation, from: $0)
        }
        return true
    }
}

extension Packet {
    /// ICMP over IPv4, or ICMPv6 over IPv6.
    fileprivate var isICMP: Bool {
        family == .ipv4 ? transportProtocol == .icmp : transportProtocol == .icmpv6
    }

    fileprivate var isRedirect: Bool { icmpType == (family == .ipv4 ? 5 : 137) }
}

extension FlowTuple {
    fileprivate var isQuery: Bool { transportProtocol == .icmp || transportProtocol == .icmpv6 }
}

extension Firewall {
    /// Whether the family's rules have a table nat: without it, nothing is translated.
    fileprivate borrowing func hasNAT(_ family: AddressFamily) -> Bool {
        family == .ipv4 ? ipv4.hasNAT : ipv6.hasNAT
    }
}
