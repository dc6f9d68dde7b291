internal import Conntrack
internal import Packets
internal import RuleModel

/// What the host itself answers to a packet that ends here, and the answer's own way.
///
/// An answer belongs to the connection of the packet that it answers, as RELATED (`nf_ct_attach`). Of the nat
/// table, a reset asks what the connection's first packet hasn't asked yet, and an ICMP error nothing.
extension HookTraversal {
    /// REJECT's answer.
    mutating func answer(
        _ kind: RejectKind, at hook: Hook, _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) {
        let question = RejectQuestion(
            kind: kind, isUnicast: isUnicast, isOwn: hook == .output, checksums: firewall.checksums)
        guard question.isAnswered(packet, metadata, bytes),
            prepare(AnswerMessage(kind), about: nil, packet, metadata, bytes, &firewall)
        else { return }
        result.rejectKind = kind
        if kind == .tcpReset, let tracking { firewall.connections.reset(tracking, at: metadata.timestamp) }
    }

    /// The answer to a packet that routing drops.
    mutating func answer(
        _ reason: RoutedAwayReason, _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) {
        guard packet.mayBeAnswered(metadata) else { return }
        guard let message = firewall.message(reason, packet, metadata, bytes) else { return }
        _ = prepare(message, about: reason, packet, metadata, bytes, &firewall)
    }

    /// Another ICMP error of the host's (`icmp_send`, `icmp6_send`).
    /// - Returns: false if none is sent.
    @discardableResult
    mutating func answer(
        _ message: AnswerMessage, _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) -> Bool {
        packet.mayBeAnswered(metadata) && prepare(message, about: nil, packet, metadata, bytes, &firewall)
    }

    /// The reply to an echo request that the host took (`icmp_rcv`, `icmpv6_rcv`).
    mutating func echo(
        _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall
    ) {
        guard firewall.answersEchoes, firewall.fixedPath == nil, packet.isEchoRequest,
            !packet.isFragment, packet.transportCaptured == packet.transportLength,
            !firewall.answerLimiter.limits.ignoresEcho(packet.family, isUnicast: isUnicast),
            firewall.checksums == .ignore || packet.verifyTransportChecksum(bytes) == .valid
        else { return }
        // Nobody answers to a group or to nobody.
        let isAnswerable =
            packet.family == .ipv4
            ? packet.source != 0
                && firewall.host.addressType(
                    of: IPAddress(family: .ipv4, bits: packet.source)) != .broadcast
            : packet.isIPv6SourceUnicast
        guard isAnswerable else { return }
        _ = prepare(.echoReply, about: nil, packet, metadata, bytes, &firewall)
    }

    /// Makes an answer, for the firewall to send when the packet itself has ended; false if there is no way for it,
    /// or its address has got too many.
    private func prepare(
        _ message: AnswerMessage, about reason: RoutedAwayReason?, _ packet: Packet,
        _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) -> Bool {
        let peer = IPAddress(family: packet.family, bits: packet.source)
        let arrivedOn = metadata.inInterface
        let fixed = firewall.fixedPath != nil ? arrivedOn : nil
        let mark = firewall.host.reflectsMark(packet.family) ? metadata.mark : 0
        let way = fixed ?? firewall.host.answerInterface(to: peer, mark: mark, arrivedOn: arrivedOn)
        guard let out = way else { return false }
        guard firewall.answerHandling != .leave else { return true }
        if case .icmp(let type, let code, _) = message, out != firewall.host.loopback || out == .none {
            let isAdmitted = firewall.answerLimiter.admits(
                type: type, code: code, about: reason, to: peer, at: metadata.timestamp)
            guard isAdmitted else { return false }
        }
        // A redirect that was to be sent when the packet has ended; nothing else comes before another answer.
        if firewall.answerHandling == .make { firewall.settleAnswer(isSent: true) }
        let answer = firewall.bytes(of: message, to: packet, metadata, bytes, mark: mark, through: out)
        var decoded = Packet(family: packet.family)
        let decoder = PacketDecoder(checksAddressScope: false)
        let fault = decoder.decode(
            answer.span.bytes, family: packet.family, networkOffset: 0, originalLength: answer.count,
            into: &decoded)
        precondition(fault == nil, "an answer that can't be read")
        var own = PacketMetadata(timestamp: metadata.timestamp)
        own.outInterface = out
        own.mark = mark
        firewall.answer = HostAnswer(
            message: message, bytes: answer, translated: answer, packet: decoded, metadata: own)
        return true
    }

    /// An answer of the host's own.
    /// - Parameter answered: what conntrack said of the packet that it answers.
    mutating func sendAnswer(
        _ answer: inout HostAnswer, to answered: Tracking?, _ firewall: inout Firewall
    ) {
        let isLooped =
            firewall.fixedPath == nil && firewall.host.loopsBack(answer.packet.destinationAddress)
        var metadata = answer.metadata
        setOutInterface(metadata.outInterface, &metadata)
        result.path = .output
        if let attached = answered?.answer { attach(attached) }
        var packet = answer.packet
        var observer = NoObserver()
        goOut(
            &packet, &metadata, answer.bytes.span.bytes, isLooped: isLooped, &firewall, &observer)
        if result.verdict != .accept { forget(&firewall) }
        answer.metadata = metadata
        answer.packet = packet
        if let rewritten = firewall.rewritten { answer.translated = rewritten }
        answer.traversal = result
    }

    private mutating func attach(_ tracking: Tracking) {
        self.tracking = tracking
        flow = tracking.flow
        words[.connectionState] = UInt32(flow.state.rawValue)
        result.connectionState = flow.state
    }
}

extension Packet {
    /// Whether an ICMP error about the packet may be sent.
    fileprivate func mayBeAnswered(_ metadata: PacketMetadata) -> Bool {
        guard metadata.packetType == .host else { return false }
        return switch family {
        case .ipv4: !isLaterFragment && !isICMPError
        case .ipv6: isIPv6SourceUnicast && !isICMPv6Error
        }
    }

    fileprivate var isEchoRequest: Bool {
        guard flags.contains(.hasTransportHeader), transportCaptured >= 8 else { return false }
        return family == .ipv4
            ? transportProtocol == .icmp && icmpType == 8 : transportProtocol == .icmpv6 && icmpType == 128
    }
}

extension AnswerLimits {
    fileprivate func ignoresEcho(_ family: AddressFamily, isUnicast: Bool) -> Bool {
        switch family {
        case .ipv4: ignoresIPv4Echoes || !isUnicast && ignoresIPv4EchoesToGroups
        case .ipv6: ignoresIPv6Echoes || !isUnicast && ignoresIPv6EchoesToGroups
        }
    }
}

extension Firewall {
    fileprivate borrowing func bytes(
        of message: AnswerMessage, to packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        mark: UInt32, through out: InterfaceID
    ) -> [UInt8] {
        let writer = AnswerBytes(packet: packet)
        switch message {
        case .tcpReset: return writer.reset()
        case .echoReply:
            let source = host.answerSource(
                to: packet, mark: mark, through: out, arrivedOn: metadata.inInterface)
            return writer.echoReply(bytes, from: source)
        case .icmp(let type, let code, let field):
            let source = host.answerSource(
                to: packet, mark: mark, through: out, arrivedOn: metadata.inInterface)
            return writer.error(
                type: type, code: code, field: field, quoting: bytes, from: source, mtu: host.mtu(out))
        }
    }

    /// What routing says to a packet that it drops; nil if nothing.
    fileprivate borrowing func message(
        _ reason: RoutedAwayReason, _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan
    ) -> AnswerMessage? {
        var mtu: UInt32 = 0
        var optionOffset: UInt8 = 0
        if reason == .fragmentationNeeded, let limit = host.forwardingLimit(packet, metadata) { mtu = limit }
        if reason == .badIPOption, let fault = IPv4Options.fault(packet, bytes, acceptsSourceRoutes: true) {
            optionOffset = fault.offset
        }
        return AnswerMessage(reason, packet.family, mtu: mtu, optionOffset: optionOffset)
    }
}
