internal import Packets

/// PPTP (`nf_conntrack_pptp.c`): a control connection from the client (PNS) to the server (PAC) agrees on numbers of calls,
/// which are the keys of GRE in either direction.
///
/// The module gives the calls longer timeouts; since the kernel sets GRE's own when a connection's first packet is tracked,
/// which is later, they never hold (seen in 6.18).
enum PPTPHelper: ConnectionHelper {
    static let name = HelperName.pptp
    static let policies = [ExpectationPolicy(maximum: 2, timeout: 5 * 60)]

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        guard packet.state == .established, let message = PPTPMessage(packet.payload) else { return .accept }
        var memory = PPTPMemory()
        if case .pptp(let known) = table.memory(of: packet.entry) { memory = known }
        let isValid =
            packet.direction == .original
            ? memory.takeFromClient(message) : takeFromServer(message, packet, &memory, &table)
        var verdict = HelperVerdict.accept
        if isValid, table.isTranslated(packet.entry) {
            verdict = translate(message, &memory, &packet, &table)
        }
        table.remember(.pptp(memory), of: packet.entry)
        return verdict
    }

    /// What a connection that ends takes with it (`pptp_destroy_siblings`): its calls and what it expects of them.
    static func forget(_ entry: Int, _ memory: PPTPMemory, _ table: inout ConnectionTable) {
        var memory = memory
        table.forgetKeys(of: entry, &memory)
        let connection = table.connections[entry]
        table.endCall(connection.original.call(from: memory.clientCall, to: memory.serverCall))
        table.endCall(connection.reply.call(from: memory.serverCall, to: memory.clientCall))
    }

    /// `pptp_inbound_pkt`
    /// - Returns: false if the message doesn't fit.
    private static func takeFromServer(
        _ message: PPTPMessage, _ packet: HelpedPacket, _ memory: inout PPTPMemory,
        _ table: inout ConnectionTable
    ) -> Bool {
        switch message.kind {
        case .startReply:
            guard memory.session >= .requested else { return false }
            memory.session = message.isGranted ? .confirmed : .failed
        case .stopReply:
            guard memory.session <= .stopping else { return false }
            memory.session = message.isGranted ? .none : .failed
        case .outgoingReply:
            guard memory.session == .confirmed, memory.call == .outRequested || memory.call == .outConfirmed,
                memory.clientCall == message.peerCall
            else { return false }
            if message.isGranted {
                memory.call = .outConfirmed
                memory.serverCall = message.call
                expectCall(message.call, message.peerCall, packet, &memory, &table)
            } else {
                memory.call = .none
            }
        case .incomingRequest:
            guard memory.session == .confirmed else { return false }
            memory.call = .inRequested
            memory.serverCall = message.call
        case .incomingConnected:
            guard memory.session == .confirmed, memory.call == .inReplied || memory.call == .inConfirmed,
                memory.clientCall == message.call
            else { return false }
            memory.call = .inConfirmed
            expectCall(memory.serverCall, message.call, packet, &memory, &table)
        case .disconnectNotify:
            memory.call = .none
            forget(packet.entry, memory, &table)
            memory.original = nil
            memory.reply = nil
        case .errorNotify, .setLinkInfo, .echoRequest, .echoReply: break
        default: return false
        }
        return true
    }

    /// Expects both directions of a call, of which one will come first (`exp_gre`).
    private static func expectCall(
        _ serverCall: UInt16, _ clientCall: UInt16, _ packet: HelpedPacket, _ memory: inout PPTPMemory,
        _ table: inout ConnectionTable
    ) {
        let connection = table.connections[packet.entry]
        var there = table.expectation(
            from: connection.original.source, clientCall, to: connection.original.destination, serverCall,
            .gre, of: packet.entry)
        var back = table.expectation(
            from: connection.reply.source, serverCall, to: connection.reply.destination, clientCall,
            .gre, of: packet.entry)
        there.follower = .pptp
        back.follower = .pptp
        if table.isTranslated(packet.entry) { aim(&there, &back, &memory) }
        guard let first = try? table.expect(there, at: packet.now) else { return }
        guard let second = try? table.expect(back, at: packet.now) else { return table.unexpect(first) }
        let isKnown =
            table.addKey(there.tuple, .original, of: packet.entry, &memory)
            && table.addKey(back.tuple, .reply, of: packet.entry, &memory)
        guard isKnown else {
            table.unexpect(second)
            table.unexpect(first)
            return
        }
    }
}

/// What the helper remembers of a control connection (`struct nf_ct_pptp_master`, `struct nf_nat_pptp`).
struct PPTPMemory: BitwiseCopyable {
    /// The order counts.
    enum Session: UInt8, Comparable, BitwiseCopyable {
        case none, failed, stopping, requested, confirmed

        static func < (a: Session, b: Session) -> Bool { a.rawValue < b.rawValue }
    }

    enum Call: UInt8, BitwiseCopyable {
        case none, outRequested, outConfirmed, inRequested, inReplied, inConfirmed, clearing
    }

    var session = Session.none
    var call = Call.none
    /// The numbers that the server and the client gave the call, as the server's side knows them.
    var serverCall: UInt16 = 0
    var clientCall: UInt16 = 0
    /// The same as the client's side knows them, if the connection is translated.
    var untranslatedServerCall: UInt16 = 0
    var untranslatedClientCall: UInt16 = 0
    /// What the keymap holds for the connection.
    var original: FlowTuple?
    var reply: FlowTuple?

    subscript(direction: Direction) -> FlowTuple? {
        get { direction == .original ? original : reply }
        set { if direction == .original { original = newValue } else { reply = newValue } }
    }

    /// `pptp_outbound_pkt`
    /// - Returns: false if the message doesn't fit.
    mutating func takeFromClient(_ message: PPTPMessage) -> Bool {
        switch message.kind {
        case .startRequest:
            guard session == .none else { return false }
            session = .requested
        case .stopRequest: session = .stopping
        case .outgoingRequest:
            guard session == .confirmed else { return false }
            call = .outRequested
            clientCall = message.call
        case .incomingReply:
            guard call == .inRequested || call == .inReplied, serverCall == message.peerCall else {
                return false
            }
            if message.isGranted {
                call = .inReplied
                clientCall = message.call
            } else {
                call = .none
            }
        case .clearRequest:
            guard session == .confirmed else { return false }
            call = .clearing
        case .setLinkInfo, .echoRequest, .echoReply: break
        default: return false
        }
        return true
    }
}

extension FlowTuple {
    /// GRE of a call between the ends of its control connection.
    func call(from sourceKey: UInt16, to destinationKey: UInt16) -> FlowTuple {
        var tuple = self
        tuple.transportProtocol = .gre
        tuple.sourcePort = sourceKey
        tuple.destinationPort = destinationKey
        return tuple
    }
}

extension ConnectionTable {
    /// `destroy_sibling_or_exp`
    mutating func endCall(_ tuple: FlowTuple) {
        if let place = index.find(tuple, hash: tuple.hash(seed: seed), in: connections) {
            remove(place.entry)
        } else if let handle = expectationHandle(meeting: tuple) {
            unexpect(handle)
        }
    }
}
