internal import Packets

/// PPTP through address translation (`nf_nat_pptp.c`): the client's number of the call becomes the port that its control
/// connection has got.
extension PPTPHelper {
    /// `pptp_outbound_pkt`, `pptp_inbound_pkt`
    static func translate(
        _ message: PPTPMessage, _ memory: inout PPTPMemory, _ packet: inout HelpedPacket,
        _ table: inout ConnectionTable
    ) -> HelperVerdict {
        let number: UInt16
        var offset = 0
        if packet.direction == .original {
            switch message.kind {
            case .outgoingRequest:
                memory.untranslatedClientCall = memory.clientCall
                memory.clientCall = table.connections[packet.entry].reply.destinationPort
            case .incomingReply, .clearRequest: break
            default: return .accept
            }
            number = memory.clientCall
        } else {
            switch message.kind {
            case .outgoingReply: offset = 2
            case .incomingConnected, .errorNotify, .disconnectNotify, .setLinkInfo: break
            default: return .accept
            }
            number = memory.untranslatedClientCall
        }
        let place = PPTPMessage.bodyOffset + offset
        let bytes = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
        return table.replace(place..<place + 2, of: &packet, with: bytes) ? .accept : .drop
    }

    /// `pptp_exp_gre`
    static func aim(_ there: inout Expectation, _ back: inout Expectation, _ memory: inout PPTPMemory) {
        memory.untranslatedServerCall = memory.serverCall
        there.savedPort = memory.clientCall
        there.tuple.sourcePort = memory.untranslatedClientCall
        there.tuple.destinationPort = memory.serverCall
        there.direction = .original
        back.savedPort = memory.untranslatedClientCall
        back.tuple.sourcePort = memory.untranslatedServerCall
        back.tuple.destinationPort = memory.clientCall
        back.direction = .reply
    }
}

extension ConnectionTable {
    /// A call that was expected comes: nobody expects its other direction any more, and it is translated as its control
    /// connection is (`pptp_expectfn`, `pptp_nat_expected`).
    mutating func followPPTP(_ entry: Int, _ expectation: Expectation, _ master: Int, _ now: Timestamp) {
        guard isTranslated(master) else {
            if let other = expectation.tuple.inverse.flatMap({ expectationHandle(meeting: $0) }) {
                unexpect(other)
            }
            return
        }
        guard case .pptp(let memory) = memory(of: master) else { return }
        let opposite = connections[master][expectation.direction.opposite]
        // For the way back, the kernel looks with the numbers of the new connection, which has none.
        let other =
            expectation.direction == .original
            ? opposite.call(from: memory.serverCall, to: memory.clientCall) : opposite.call(from: 0, to: 0)
        if let handle = expectationHandle(meeting: other) { unexpect(handle) }
        let saved = expectation.savedPort...expectation.savedPort
        let isOriginal = expectation.direction == .original
        translate(
            .source,
            into: NATRange(
                addresses: opposite.destination...opposite.destination, ports: isOriginal ? saved : nil),
            entry: entry, at: now)
        translate(
            .destination,
            into: NATRange(addresses: opposite.source...opposite.source, ports: isOriginal ? nil : saved),
            entry: entry, at: now)
    }
}
