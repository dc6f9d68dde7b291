/// What tracking remembers of a TCP connection (`struct ip_ct_tcp`).
struct TCPConnection: BitwiseCopyable {
    var state = TCPState.none
    var original = TCPPeer()
    var reply = TCPPeer()

    /// The last segment that the state machine believed, or noted while ignoring it.
    var lastKind = TCPSegmentKind.none
    var lastDirection = Direction.original
    var lastSequence: UInt32 = 0
    var lastAcknowledgement: UInt32 = 0
    var lastEnd: UInt32 = 0
    var lastWindow: UInt16 = 0
    /// Repetitions of the last segment.
    var retransmissions: UInt8 = 0

    /// What an ignored SYN's options said, for when its answer proves it right.
    var noted = TCPPeer.Flags()
    var notedScale: UInt8 = 0
    /// An ACK may come that challenges a SYN (RFC 5961 4.2), and doesn't acknowledge the last FIN.
    var expectsChallengeAck = false
    var isSimultaneousOpen = false

    /// What is known of the end that sends in a direction.
    subscript(direction: Direction) -> TCPPeer {
        get { direction == .original ? original : reply }
        set { if direction == .original { original = newValue } else { reply = newValue } }
    }

    func peerFlags(contain flag: TCPPeer.Flags) -> Bool { original.flags.union(reply.flags).contains(flag) }
}

/// One end of a TCP connection (`struct ip_ct_tcp_state`).
struct TCPPeer: BitwiseCopyable {
    struct Flags: OptionSet, BitwiseCopyable {
        var rawValue: UInt8

        static let windowScale = Flags(rawValue: 0x01)
        static let permitsSACK = Flags(rawValue: 0x02)
        /// The end that closed first.
        static let closeInitiator = Flags(rawValue: 0x04)
        /// The connection was picked up midway, so that its window scale isn't known.
        static let beLiberal = Flags(rawValue: 0x08)
        static let dataUnacknowledged = Flags(rawValue: 0x10)
        static let hasAcknowledged = Flags(rawValue: 0x20)
    }

    /// The highest sequence number sent, plus one.
    var end: UInt32 = 0
    /// How far the other end's window allows to send.
    var maximumEnd: UInt32 = 0
    /// The largest window advertised, scaled; 0 as long as this end hasn't been heard.
    var maximumWindow: UInt32 = 0
    var highestAcknowledgement: UInt32 = 0
    var scale: UInt8 = 0
    var flags = Flags()

    /// How far back an acknowledgement may lie.
    var acknowledgementReach: UInt32 { max(maximumWindow, 66_000) }

    mutating func takeOptions(_ options: TCPOptions) {
        guard options.isPresent else { return }
        scale = options.windowScale ?? 0
        flags.formIntersection(.beLiberal)
        if options.windowScale != nil { flags.insert(.windowScale) }
        if options.permitsSACK { flags.insert(.permitsSACK) }
    }

    /// Forgets everything but whether to be liberal.
    mutating func reset() {
        let kept = flags.intersection(.beLiberal)
        self = TCPPeer()
        flags = kept
    }
}
