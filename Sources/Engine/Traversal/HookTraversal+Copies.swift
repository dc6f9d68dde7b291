internal import Packets
internal import RuleModel

/// `-j TEE` (net/netfilter/xt_TEE.c, net/ipv4/netfilter/nf_dup_ipv4.c, net/ipv6/netfilter/nf_dup_ipv6.c).
extension HookTraversal {
    /// Makes a copy, which is sent when the packet itself has ended: the kernel sends it at once. Of a copy, no copies are
    /// made.
    func copy(
        _ copy: PacketCopy, at hook: Hook, _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan,
        _ firewall: inout Firewall
    ) {
        guard !firewall.isSendingCopies, let out = firewall.host.outInterface(of: copy) else { return }
        var made = withCurrentFrame(firewall.rewritten, bytes) { PacketRewriter.packet(packet, from: $0) }
        let losesHop = hook == .prerouting || hook == .input
        switch packet.family {
        case .ipv4:
            made[6] |= 0x40
            if losesHop { made[8] &-= 1 }
            made.set(0, at: 10)
            let length = min(Int(made[0] & 0x0f) * 4, made.count)
            made.set(
                ~InternetChecksum.fold(InternetChecksum.sum(made.span.bytes, from: 0, count: length)), at: 10)
        case .ipv6: if losesHop { made[7] &-= 1 }
        }
        var decoded = Packet(family: packet.family)
        let fault = PacketDecoder(checksAddressScope: false).decode(
            made.span.bytes, family: packet.family, networkOffset: 0,
            originalLength: max(made.count, Int(packet.totalLength)), into: &decoded)
        guard fault == nil else { return }
        var own = PacketMetadata(timestamp: metadata.timestamp)
        own.outInterface = out
        own.mark = metadata.mark
        firewall.copies.append(
            SentCopy(gateway: copy.gateway, bytes: made, packet: decoded, metadata: own))
    }

    /// A copy goes out without a connection.
    mutating func sendCopy(_ copy: inout SentCopy, _ firewall: inout Firewall) {
        isUntracked = true
        result.path = .output
        var packet = copy.packet
        var metadata = copy.metadata
        setOutInterface(metadata.outInterface, &metadata)
        var observer = NoObserver()
        goOut(&packet, &metadata, copy.bytes.span.bytes, isLooped: false, &firewall, &observer)
        copy.metadata = metadata
        copy.traversal = result
    }
}

extension Firewall {
    /// Sends the copies of the packet that was processed last.
    @inline(never)
    mutating func sendCopies() {
        let kept = (rewritten, answer, answered)
        isSendingCopies = true
        for index in copies.indices {
            rewritten = nil
            var copy = copies[index]
            var traversal = HookTraversal(
                copy.packet, copy.metadata, tracks: tracksConnections(copy.packet.family))
            traversal.sendCopy(&copy, &self)
            copies[index] = copy
        }
        isSendingCopies = false
        (rewritten, answer, answered) = kept
    }
}

extension SimulatedHost {
    /// The interface that is named, or that leads to the gateway; nil if there is none.
    fileprivate func outInterface(of copy: PacketCopy) -> InterfaceID? {
        let named = interfaces.first { !copy.outInterface.isEmpty && $0.name == copy.outInterface }
        if let named { return named.id }
        let way = routeOwn(answerQuery(to: copy.gateway.bits, mark: 0), copy.gateway.family)
        if case .drop = way { return nil }
        return outInterface(of: way)
    }
}
