public import Packets

/// What became of a packet that a helper has read, or whose numbers have moved.
public enum HelpOutcome: Sendable {
    case unchanged
    /// The packet as it is now, and its frame.
    case changed(Packet, [UInt8])
    /// It goes no further.
    case dropped
    /// The capture doesn't hold all of its payload.
    case cut
    /// Nobody simulates the helper.
    case unknownHelper(HelperName)
}

/// Helpers (`nf_conntrack_helper.c`), and the numbers of later segments (`nf_confirm` in `nf_conntrack_proto.c`).
extension ConnectionTable {
    /// Whether `help` has anything to do to a packet before it leaves or is delivered.
    public func needsHelp(_ tracking: Tracking) -> Bool {
        guard let entry = entry(of: tracking.handle) else { return false }
        return connections[entry].helper != nil || connections[entry].status.contains(.sequenceAdjusted)
    }

    /// Lets the helper of a packet's connection read it, and moves its sequence numbers.
    /// - Parameters:
    ///   - packet: as all tables have left it.
    ///   - frame: the same.
    ///   - broadcastMask: of the network, for the host's own packet to an IPv4 network's broadcast address.
    ///   - isLooped: it comes back over loopback, where numbers don't move.
    public mutating func help(
        _ tracking: Tracking, _ packet: Packet, frame: RawSpan, broadcastMask: UInt128? = nil,
        isLooped: Bool, at now: Timestamp
    ) -> HelpOutcome {
        guard let entry = entry(of: tracking.handle) else { return .unchanged }
        let flow = tracking.flow
        // Helpers don't read the ICMP errors of answers.
        if flow.state == .related, flow.isReply { return .unchanged }
        guard packet.transportCaptured == packet.transportLength else { return .cut }
        let moves = connections[entry].status.contains(.sequenceAdjusted) && !isLooped
        var helped = HelpedPacket(
            packet, frame, entry: entry, direction: flow.isReply ? .reply : .original, state: flow.state,
            broadcastMask: broadcastMask, at: now)
        if let name = connections[entry].helper {
            guard let helper = StandardHelpers.helper(name) else { return .unknownHelper(name) }
            if helper.help(&helped, &self) == .drop { return .dropped }
        }
        if moves, let adjustment = self.helped[entry]?.adjustment, !helped.adjust(adjustment) {
            return .dropped
        }
        return helped.isChanged ? .changed(helped.packet, helped.bytes) : .unchanged
    }

    // MARK: For helpers

    /// Whether a connection is translated at all (`IPS_NAT_MASK`).
    func isTranslated(_ entry: Int) -> Bool {
        !connections[entry].status.isDisjoint(with: [.sourceNAT, .destinationNAT])
    }

    /// What a helper remembers of a connection.
    func memory(of entry: Int) -> HelperMemory { helped[entry]?.memory ?? .none }

    mutating func remember(_ memory: HelperMemory, of entry: Int) {
        helped[entry, default: HelpedConnection()].memory = memory
    }

    /// Puts other bytes in the place of some of a payload's (`nf_nat_mangle_tcp_packet`, `nf_nat_mangle_udp_packet`); the
    /// sequence numbers of later segments move.
    /// - Parameter range: counts from the payload's first byte.
    /// - Returns: false if the packet would become too long.
    mutating func replace(_ range: Range<Int>, of packet: inout HelpedPacket, with new: [UInt8]) -> Bool {
        guard packet.replace(range, with: new) else { return false }
        let change = new.count - range.count
        if change != 0, packet.packet.transportProtocol == .tcp {
            connections[packet.entry].status.insert(.sequenceAdjusted)
            helped[packet.entry, default: HelpedConnection()].adjustment[packet.direction].note(
                change, at: packet.packet.tcpSequence)
        }
        return true
    }

    /// See `PacketContext.acknowledgementOffset`.
    func acknowledgementOffset(_ packet: Packet, _ entry: Int, _ direction: Direction) -> UInt32 {
        guard connections[entry].status.contains(.sequenceAdjusted), packet.transportProtocol == .tcp else {
            return 0
        }
        return helped[entry]?.adjustment[direction.opposite].offset(of: packet.tcpAcknowledgement &- 1) ?? 0
    }

    /// Ends what helpers know of a connection with it.
    mutating func forgetHelp(_ entry: Int) {
        guard let known = helped.removeValue(forKey: entry) else { return }
        if case .pptp(let memory) = known.memory { PPTPHelper.forget(entry, memory, &self) }
        for handle in known.expectations { expectations.remove(handle) }
    }
}

extension ConnectionTable {
    /// The expectations that live at `now`, in the order in which they were made.
    public func liveExpectations(at now: Timestamp) -> [ExpectationSummary] {
        expectations.all.filter { !$0.isExpired(at: now) }.map { ExpectationSummary($0, at: now) }
    }

    /// Begins the events of the next packet.
    public mutating func forgetExpectationEvents() {
        if !expectationEvents.isEmpty { expectationEvents.removeAll(keepingCapacity: true) }
    }
}
