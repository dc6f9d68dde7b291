internal import Conntrack
internal import Packets
internal import RuleModel

/// What of a packet makes mangle OUTPUT route it again, if it changes (`ipt_mangle_out` in iptable_mangle.c,
/// `ip6t_mangle_out` in ip6table_mangle.c).
struct RoutedHeader: Equatable {
    private let source: UInt128
    private let destination: UInt128
    private let mark: UInt32
    private let trafficClass: UInt8
    /// In IPv6.
    private let hopLimit: UInt8

    init(_ packet: Packet, _ metadata: PacketMetadata) {
        source = packet.source
        destination = packet.destination
        mark = metadata.mark
        trafficClass = packet.trafficClass
        hopLimit = packet.family == .ipv6 ? packet.hopLimit : 0
    }
}

/// The ways of the host's own packets.
extension HookTraversal {
    /// Before OUTPUT. Where a packet was captured is where it left.
    mutating func firstWay(
        _ packet: Packet, _ metadata: PacketMetadata, _ firewall: borrowing Firewall
    ) -> RouteDecision {
        if let fixed = firewall.fixedPath {
            let isKnown = metadata.outInterface != .none
            return .forward(outInterface: isKnown ? metadata.outInterface : fixed.outInterface)
        }
        let query = firewall.host.ownQuery(packet, mark: metadata.mark)
        let way = firewall.host.routeOwn(query, packet.family)
        if metadata.outInterface != .none, way != .deliver(.unicast) {
            return .forward(outInterface: metadata.outInterface)
        }
        result.isRouteUncertain = firewall.host.isRouteUncertain(query, packet.family)
        return way
    }

    /// In OUTPUT, when mangle or nat changed what routes are chosen by (`ip_route_me_harder`, `ip6_route_me_harder`).
    /// - Returns: false if there is no way now.
    mutating func reroute(
        _ packet: Packet, _ metadata: PacketMetadata, _ firewall: borrowing Firewall
    ) -> Bool {
        guard firewall.fixedPath == nil else { return true }
        let query = firewall.host.ownQuery(packet, mark: metadata.mark)
        let way = firewall.host.routeOwn(query, packet.family)
        result.isRouteUncertain = firewall.host.isRouteUncertain(query, packet.family)
        newWay = way
        guard let reason = firewall.host.refusal(of: way, from: packet) else { return true }
        result.verdict = .routedAway
        result.routedAwayReason = reason
        result.rule = nil
        return false
    }

    /// A packet of the host's own to a group or a broadcast address that the host belongs to. A copy of it goes through
    /// POSTROUTING and comes back from the interface (`ip_mc_output`, in IPv6 `ip6_finish_output2`); what becomes of the
    /// copy doesn't change what became of the packet.
    mutating func leaveWithCopy<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall, _ observer: inout Observer
    ) {
        // IPv6 copies what has passed POSTROUTING, IPv4 what comes to it, and sends the copy first.
        let isIPv6 = packet.family == .ipv6
        if isIPv6 {
            leave(&packet, &metadata, bytes, &firewall, &observer)
            guard result.verdict == .accept else { return }
        }
        var copy = self
        let frame = firewall.rewritten
        var copied = packet
        var copiedMetadata = metadata
        copiedMetadata.packetType = .loopback
        copy.leave(&copied, &copiedMetadata, bytes, &firewall, &observer)
        let copiedFrame = firewall.rewritten
        firewall.rewritten = frame
        if !isIPv6 {
            // What nat decided for the copy holds for the packet.
            (tracking, flow) = (copy.tracking, copy.flow)
            if packet.hopLimit == 0, isMulticast(packet.destinationAddress) {
                // It must not go beyond the host.
                result.outInterface = .none
            } else {
                leave(&packet, &metadata, bytes, &firewall, &observer)
            }
        }
        guard copy.result.verdict == .accept else { return }
        let leaving = firewall.rewritten
        firewall.rewritten = copiedFrame
        copy.comeBack(&copied, &copiedMetadata, bytes, &firewall, &observer)
        firewall.rewritten = leaving
    }

    /// Tells the packet's source of a better router, before the packet goes on. The answer waits for the packet's end.
    mutating func redirect(
        _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall
    ) {
        guard
            let router = firewall.host.betterRouter(for: packet, metadata, through: metadata.outInterface),
            firewall.answerLimiter.admitsRedirect(to: packet.source, at: metadata.timestamp)
        else { return }
        let message = AnswerMessage.icmp(type: 5, code: 1, field: UInt32(truncatingIfNeeded: router))
        let isMade = withCurrentFrame(firewall.rewritten, bytes) {
            answer(message, packet, metadata, $0, &firewall)
        }
        if isMade { firewall.answered = tracking }
    }

    /// Routing drops the packet, and says so where it does.
    mutating func endByRouting(
        _ reason: RoutedAwayReason, _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) {
        result.verdict = .routedAway
        result.routedAwayReason = reason
        result.rule = nil
        withCurrentFrame(firewall.rewritten, bytes) { answer(reason, packet, metadata, $0, &firewall) }
    }

    /// What has become of the packet's connection meanwhile.
    mutating func learnConnection(
        _ packet: Packet, _ metadata: PacketMetadata, _ firewall: borrowing Firewall
    ) {
        guard var known = tracking, known.flow.exists else {
            // An INVALID packet has nothing to keep: it is tracked anew.
            tracking = nil
            flow = FlowView(state: .untracked, family: packet.family)
            words[.connectionState] = UInt32(flow.state.rawValue)
            return
        }
        firewall.connections.refresh(&known, at: metadata.timestamp)
        tracking = known
        flow = known.flow
    }
}

extension SimulatedHost {
    /// Why a packet of the host's own can't go a new way. What a socket sends first is routed by the address that it is bound
    /// to; only here does the header's loopback source tell that it must not leave (`__mkroute_output`).
    fileprivate func refusal(of way: RouteDecision, from packet: Packet) -> RoutedAwayReason? {
        switch way {
        case .drop(let reason): reason
        case .deliver: nil
        case .forward(let out):
            packet.family == .ipv4 && packet.source >> 24 == 127 && out != loopback
                && !sysctls(out).routesLoopbackAddresses ? .martianSource : nil
        }
    }
}

extension Firewall {
    /// Whether a packet of the host's own, on its way out, comes back too. Neighbour discovery is the kernel's own, from a
    /// socket that doesn't want that (`ndisc_net_init`); of other sockets, none is taken to have switched it off
    /// (`IP_MULTICAST_LOOP`).
    borrowing func loopsCopy(of packet: Packet, _ metadata: PacketMetadata) -> Bool {
        guard fixedPath == nil, metadata.outInterface != host.loopback else { return false }
        let destination = packet.destinationAddress
        if isMulticast(destination) {
            if packet.family == .ipv6, packet.transportProtocol == .icmpv6,
                [133, 135, 136].contains(packet.icmpType)
            {
                return false
            }
            return host.isJoined(destination, on: metadata.outInterface)
        }
        return packet.family == .ipv4 && host.addressType(of: destination) == .broadcast
    }
}
