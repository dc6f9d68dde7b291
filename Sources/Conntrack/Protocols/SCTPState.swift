/// Where an SCTP association stands (`enum sctp_conntrack`).
public enum SCTPState: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case none, closed, cookieWait, cookieEchoed, established, shutdownSent, shutdownReceived, shutdownAckSent,
        heartbeatSent

    /// As `conntrack -L` prints it.
    public var name: String {
        switch self {
        case .none: "NONE"
        case .closed: "CLOSED"
        case .cookieWait: "COOKIE_WAIT"
        case .cookieEchoed: "COOKIE_ECHOED"
        case .established: "ESTABLISHED"
        case .shutdownSent: "SHUTDOWN_SENT"
        case .shutdownReceived: "SHUTDOWN_RECD"
        case .shutdownAckSent: "SHUTDOWN_ACK_SENT"
        case .heartbeatSent: "HEARTBEAT_SENT"
        }
    }

    func timeout(_ settings: ConntrackSettings.SCTP) -> UInt32 {
        switch self {
        case .none, .closed: settings.closedTimeout
        case .cookieWait: settings.cookieWaitTimeout
        case .cookieEchoed: settings.cookieEchoedTimeout
        case .established: settings.establishedTimeout
        case .shutdownSent: settings.shutdownSentTimeout
        case .shutdownReceived: settings.shutdownReceivedTimeout
        case .shutdownAckSent: settings.shutdownAckSentTimeout
        case .heartbeatSent: settings.heartbeatSentTimeout
        }
    }

    /// The state behind a chunk; nil if the chunk can't come now. The table `sctp_conntracks` of
    /// `nf_conntrack_proto_sctp.c`: one row per direction and chunk, one hexadecimal digit per state in the
    /// order of the cases from the left, E for invalid. Other chunks, data among them, change nothing.
    func following(_ chunk: SCTPChunk, _ direction: Direction) -> SCTPState? {
        let row: UInt64
        switch (direction, chunk) {
        case (.original, .initiate): row = 0x1_1234_1172
        case (.original, .initiateAck): row = 0x1_1234_5671
        case (.original, .abort): row = 0x1_1111_1111
        case (.original, .shutdown): row = 0x1_1235_5671
        case (.original, .shutdownAck): row = 0x7_1234_7777
        case (.original, .error): row = 0x1_1234_5671
        case (.original, .cookieEcho): row = 0x1_1334_5671
        case (.original, .cookieAck): row = 0x1_1244_5671
        case (.original, .shutdownComplete): row = 0x1_1234_5611
        case (.original, .heartbeat): row = 0x8_1234_5678
        case (.original, .heartbeatAck): row = 0x1_1234_5678
        case (.reply, .initiate): row = 0xe_1234_567e
        case (.reply, .initiateAck): row = 0xe_2234_567e
        case (.reply, .abort): row = 0xe_1111_111e
        case (.reply, .shutdown): row = 0xe_1236_567e
        case (.reply, .shutdownAck): row = 0xe_1234_777e
        case (.reply, .error): row = 0xe_1214_567e
        case (.reply, .cookieEcho): row = 0xe_1334_567e
        case (.reply, .cookieAck): row = 0xe_1244_567e
        case (.reply, .shutdownComplete): row = 0xe_1234_561e
        case (.reply, .heartbeat): row = 0xe_1234_5678
        case (.reply, .heartbeatAck): row = 0xe_1234_5674
        default: return self
        }
        return SCTPState(rawValue: UInt8(truncatingIfNeeded: row >> (UInt64(8 - rawValue) * 4)) & 0xf)
    }
}

/// SCTP chunk types (RFC 9260 3.2).
struct SCTPChunk: RawRepresentable, Equatable, BitwiseCopyable {
    var rawValue: UInt8

    static let data = SCTPChunk(rawValue: 0)
    static let initiate = SCTPChunk(rawValue: 1)
    static let initiateAck = SCTPChunk(rawValue: 2)
    static let heartbeat = SCTPChunk(rawValue: 4)
    static let heartbeatAck = SCTPChunk(rawValue: 5)
    static let abort = SCTPChunk(rawValue: 6)
    static let shutdown = SCTPChunk(rawValue: 7)
    static let shutdownAck = SCTPChunk(rawValue: 8)
    static let error = SCTPChunk(rawValue: 9)
    static let cookieEcho = SCTPChunk(rawValue: 10)
    static let cookieAck = SCTPChunk(rawValue: 11)
    static let shutdownComplete = SCTPChunk(rawValue: 14)
}
