internal import Packets

/// Where a TCP connection stands, as somebody between its two ends guesses (`enum tcp_conntrack`).
public enum TCPState: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case none
    /// A SYN was seen.
    case synSent
    /// A SYN/ACK was seen.
    case synReceived
    case established
    /// A FIN was seen.
    case finWait
    /// The FIN was acknowledged.
    case closeWait
    /// FINs of both sides were seen.
    case lastAck
    /// The last FIN was acknowledged.
    case timeWait
    /// Reset.
    case close
    /// A SYN of each side was seen (simultaneous open).
    case synSent2

    /// As `conntrack -L` prints it.
    public var name: String {
        switch self {
        case .none: "NONE"
        case .synSent: "SYN_SENT"
        case .synReceived: "SYN_RECV"
        case .established: "ESTABLISHED"
        case .finWait: "FIN_WAIT"
        case .closeWait: "CLOSE_WAIT"
        case .lastAck: "LAST_ACK"
        case .timeWait: "TIME_WAIT"
        case .close: "CLOSE"
        case .synSent2: "SYN_SENT2"
        }
    }

    /// On its way out, so that nothing about its sequence numbers needs to be believed any more.
    var isClosing: Bool {
        switch self {
        case .finWait, .closeWait, .lastAck, .timeWait, .close: true
        case .none, .synSent, .synReceived, .established, .synSent2: false
        }
    }

    /// At `TCP_CONNTRACK_TIME_WAIT` or behind it, as `nf_nat_core.c` compares the numbers.
    var isOver: Bool { self == .timeWait || self == .close || self == .synSent2 }

    func timeout(_ settings: ConntrackSettings.TCP) -> UInt32 {
        switch self {
        case .none, .synSent: settings.synSentTimeout
        case .synReceived: settings.synReceivedTimeout
        case .established: settings.establishedTimeout
        case .finWait: settings.finWaitTimeout
        case .closeWait: settings.closeWaitTimeout
        case .lastAck: settings.lastAckTimeout
        case .timeWait: settings.timeWaitTimeout
        case .close: settings.closeTimeout
        case .synSent2: 120  // the kernel has no sysctl for it
        }
    }
}

/// What the state machine looks at in a segment. RST hides SYN, SYN hides FIN, FIN hides ACK.
enum TCPSegmentKind: UInt8, BitwiseCopyable {
    case syn, synAck, fin, ack, rst, none

    init(_ flags: TCPFlags) {
        if flags.contains(.rst) {
            self = .rst
        } else if flags.contains(.syn) {
            self = flags.contains(.ack) ? .synAck : .syn
        } else if flags.contains(.fin) {
            self = .fin
        } else {
            self = flags.contains(.ack) ? .ack : .none
        }
    }
}

/// What a kind of segment does to a state, before the sequence numbers have their say.
enum TCPTransition: Equatable {
    case to(TCPState)
    /// Let it pass without believing it: the other end's answer will show who is right.
    case ignore
    case invalid

    /// The table `tcp_conntracks` of `nf_conntrack_proto_tcp.c`. One row per direction and kind of segment,
    /// one hexadecimal digit per state in the order of `TCPState` from the left; the digit is the raw value
    /// of the next state, E for invalid, F for ignored:
    ///
    ///     0 NONE  1 SYN_SENT  2 SYN_RECV  3 ESTABLISHED  4 FIN_WAIT  5 CLOSE_WAIT  6 LAST_ACK  7 TIME_WAIT
    ///     8 CLOSE  9 SYN_SENT2
    init(_ state: TCPState, _ kind: TCPSegmentKind, _ direction: Direction) {
        let row: UInt64 =
            switch (direction, kind) {
            case (.original, .syn): 0x11_FFFF_F119
            case (.original, .synAck): 0xEE_2EEE_EEE2
            case (.original, .fin): 0xEE_4466_678E
            case (.original, .ack): 0x3E_3355_778E
            case (.reply, .syn): 0xE9_EEEE_E1E9
            case (.reply, .synAck): 0xE2_FFFF_FFF2
            case (.reply, .fin): 0xEE_4466_678E
            case (.reply, .ack): 0xEF_2355_778F
            case (_, .rst): 0xE8_8888_8888
            case (_, .none): 0xEE_EEEE_EEEE
            }
        let digit = UInt8(truncatingIfNeeded: row >> (UInt64(9 - state.rawValue) * 4)) & 0xf
        if let next = TCPState(rawValue: digit) {
            self = .to(next)
        } else {
            self = digit == 0xf ? .ignore : .invalid
        }
    }
}
