internal import Packets

/// A message of PPTP's control connection (RFC 2637, 2), at the beginning of a segment (`nf_conntrack_pptp.c`): the fields
/// that name calls.
struct PPTPMessage {
    enum Kind: UInt16 {
        case startRequest = 1
        case startReply = 2
        case stopRequest = 3
        case stopReply = 4
        case echoRequest = 5
        case echoReply = 6
        case outgoingRequest = 7
        case outgoingReply = 8
        case incomingRequest = 9
        case incomingReply = 10
        case incomingConnected = 11
        case clearRequest = 12
        case disconnectNotify = 13
        case errorNotify = 14
        case setLinkInfo = 15

        /// How many bytes there have to be behind the control header.
        fileprivate var size: Int {
            switch self {
            case .startRequest, .startReply: 144
            case .stopRequest, .stopReply, .clearRequest: 4
            case .echoRequest, .echoReply: 0
            case .outgoingRequest: 156
            case .outgoingReply: 20
            case .incomingRequest: 208
            case .incomingReply, .setLinkInfo: 12
            case .incomingConnected: 16
            case .disconnectNotify: 136
            case .errorNotify: 28
            }
        }
    }

    let kind: Kind
    /// Where the body begins in the payload: the numbers of calls stand at its beginning.
    static let bodyOffset = 12
    private let body: ArraySlice<UInt8>

    /// Nil for what is no control message, isn't whole, or is of an unknown kind.
    init?(_ payload: ArraySlice<UInt8>) {
        guard payload.count >= PPTPMessage.bodyOffset else { return nil }
        let word = { (offset: Int) in
            UInt16(payload[payload.startIndex + offset]) << 8
                | UInt16(payload[payload.startIndex + offset + 1])
        }
        guard word(2) == 1, word(4) == 0x1a2b, word(6) == 0x3c4d, let kind = Kind(rawValue: word(8)),
            payload.count >= PPTPMessage.bodyOffset + kind.size
        else { return nil }
        self.kind = kind
        body = payload.dropFirst(PPTPMessage.bodyOffset)
    }

    private func word(_ offset: Int) -> UInt16 {
        UInt16(body[body.startIndex + offset]) << 8 | UInt16(body[body.startIndex + offset + 1])
    }

    /// The sender's number of the call; in messages that have only one number, that one. Not in echoes and messages about
    /// the session.
    var call: UInt16 { word(0) }
    /// The number that the receiver gave the call, of messages that have both.
    var peerCall: UInt16 { word(2) }
    /// Whether what was asked for is granted: result code 1.
    var isGranted: Bool {
        switch kind {
        case .stopReply: body[body.startIndex] == 1
        case .startReply: body[body.startIndex + 2] == 1
        case .outgoingReply, .incomingReply: body[body.startIndex + 4] == 1
        default: false
        }
    }
}
