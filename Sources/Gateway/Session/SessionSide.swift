/// One of a session's two connections, as the session knows it.
struct SessionSide: Sendable {
    enum Stage: Sendable {
        /// Not asked for yet.
        case absent
        case opening
        case open
        /// Reset, by either side, or failed.
        case broken
    }

    var stage = Stage.absent
    /// The peer will send no more.
    var peerClosed = false
    /// Nothing more is sent to the peer.
    var closed = false
    var isWritable = true
    var isPaused = false

    /// Nothing can happen on it any more.
    var isOver: Bool {
        switch stage {
        case .absent, .broken: true
        case .opening: false
        case .open: peerClosed && closed
        }
    }

    var takesBytes: Bool { (stage == .open || stage == .opening) && !closed }
}
