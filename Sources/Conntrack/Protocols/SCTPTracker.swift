internal import Packets

/// SCTP (`nf_conntrack_proto_sctp.c`; sections are those of RFC 9260).
enum SCTPTracker {
    static func track(
        _ connection: inout Connection, _ packet: Packet, _ bytes: RawSpan, _ context: PacketContext,
        _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        let transport = TransportBytes(of: packet)
        guard transport.length >= 12, let tag = bytes.uint32(at: transport.start + 4, before: transport.end)
        else {
            return .invalid(.truncatedHeader)
        }
        guard context.checksum != .bad else { return .invalid(.badChecksum) }
        guard let types = SCTPChunkTypes(transport, bytes) else { return .invalid(.sctpChunks) }

        if !connection.isConfirmed {
            if let reason = connection.sctp.open(transport, bytes, tag: tag, types) {
                return .invalid(reason)
            }
        }
        // These chunks have rules of their own for the tag (8.5.1), or tell it.
        let isExempt = types.containsAny(of: [
            .initiate, .shutdownComplete, .cookieEcho, .abort, .shutdownAck, .heartbeat, .heartbeatAck,
        ])
        guard isExempt || tag == connection.sctp.tags[context.direction] else {
            return .invalid(.sctpVerificationTag)
        }
        switch connection.sctp.advance(
            transport, bytes, tag: tag, types, context.direction, &connection.status)
        {
        case .pass:
            return .accepted
        case .refresh:
            connection.refresh(connection.sctp.state.timeout(settings.sctp), context)
            return .accepted
        case .invalid(let reason):
            return .invalid(reason)
        }
    }
}

/// One chunk's header.
private struct SCTPChunkHeader {
    var type: SCTPChunk
    var flags: UInt8
    var offset: Int
    /// As stated; 0 is never valid.
    var length: UInt16

    init?(at offset: Int, _ transport: TransportBytes, _ bytes: RawSpan) {
        guard let word = bytes.uint32(at: offset, before: transport.end) else { return nil }
        type = SCTPChunk(rawValue: UInt8(word >> 24))
        flags = UInt8(truncatingIfNeeded: word >> 16)
        length = UInt16(truncatingIfNeeded: word)
        self.offset = offset
    }

    /// Chunks are padded to 4 bytes.
    var next: Int { offset + (Int(length) + 3) & ~3 }

    /// The initiate tag of INIT and INIT ACK; nil if the chunk is cut short.
    func initiateTag(_ transport: TransportBytes, _ bytes: RawSpan) -> UInt32? {
        offset + 20 <= transport.end ? bytes.uint32(at: offset + 4, before: transport.end) : nil
    }
}

/// Which chunks a packet carries.
private struct SCTPChunkTypes {
    private var bits: UInt32 = 0

    /// Nil if the chunks can't stand together (6.10), or there is none.
    init?(_ transport: TransportBytes, _ bytes: RawSpan) {
        var at = transport.start + 12
        var standsAlone = false
        var count = 0
        while let chunk = SCTPChunkHeader(at: at, transport, bytes) {
            switch chunk.type {
            case .initiate, .initiateAck, .shutdownComplete: standsAlone = true
            default: break
            }
            let isFirst = chunk.type == .cookieAck || chunk.type == .cookieEcho
            guard count == 0 || !(isFirst || standsAlone), chunk.length != 0 else { return nil }
            if chunk.type.rawValue < 32 { bits |= 1 << UInt32(chunk.type.rawValue) }
            count += 1
            at = chunk.next
        }
        guard count > 0 else { return nil }
    }

    private init() {}

    func contains(_ type: SCTPChunk) -> Bool { bits >> UInt32(type.rawValue) & 1 == 1 }

    func containsAny(of types: SCTPChunkTypes) -> Bool { bits & types.bits != 0 }
}

extension SCTPChunkTypes: ExpressibleByArrayLiteral {
    init(arrayLiteral types: SCTPChunk...) {
        for type in types { bits |= 1 << UInt32(type.rawValue) }
    }
}

/// What tracking remembers of an SCTP association (`struct ip_ct_sctp`).
struct SCTPAssociation: BitwiseCopyable {
    struct PerDirection<Value: BitwiseCopyable>: BitwiseCopyable {
        private var original: Value
        private var reply: Value

        init(_ value: Value) {
            original = value
            reply = value
        }

        subscript(direction: Direction) -> Value {
            get { direction == .original ? original : reply }
            set { if direction == .original { original = newValue } else { reply = newValue } }
        }
    }

    var state = SCTPState.none
    /// The verification tag that packets of a direction carry; 0 while unknown.
    var tags = PerDirection<UInt32>(0)
    /// Which ends have sent an INIT.
    private var initiated = PerDirection(false)
    /// A heartbeat came with another tag (a restarted association), and from where.
    private var heartbeatMismatch = false
    private var lastDirection = Direction.original

    fileprivate enum Decision {
        case pass
        case refresh
        case invalid(InvalidReason)
    }

    /// Begins with the first packet of an unknown flow; says why if it can't.
    fileprivate mutating func open(
        _ transport: TransportBytes, _ bytes: RawSpan, tag: UInt32, _ types: SCTPChunkTypes
    ) -> InvalidReason? {
        // Out of the blue (8.4).
        if types.contains(.abort) || types.contains(.shutdownComplete) || types.contains(.cookieAck) {
            return .sctpState
        }
        self = SCTPAssociation()
        var at = transport.start + 12
        while let chunk = SCTPChunkHeader(at: at, transport, bytes) {
            guard let next = state.following(chunk.type, .original), next != .none else { return .sctpState }
            switch chunk.type {
            case .initiate:
                guard tag == 0, let initiateTag = chunk.initiateTag(transport, bytes) else {
                    return .sctpVerificationTag
                }
                tags[.reply] = initiateTag
            case .heartbeat:
                tags[.original] = tag
            case .shutdownAck:
                tags[.reply] = tag
            default:
                break
            }
            at = chunk.next
        }
        return nil
    }

    fileprivate mutating func advance(
        _ transport: TransportBytes, _ bytes: RawSpan, tag: UInt32, _ types: SCTPChunkTypes,
        _ direction: Direction, _ status: inout ConnectionStatus
    ) -> Decision {
        var passes = false
        var at = transport.start + 12
        while let chunk = SCTPChunkHeader(at: at, transport, bytes) {
            at = chunk.next
            switch chunk.type {
            case .heartbeat where tags[direction] != 0 && tag != tags[direction]:
                guard !types.contains(.data), !passes else {
                    return .invalid(.sctpVerificationTag)
                }
                heartbeatMismatch = true
                lastDirection = direction
                passes = true
                continue
            default:
                guard accepts(chunk, tag: tag, types, direction, passes: passes) else {
                    return .invalid(.sctpVerificationTag)
                }
            }
            let previous = state
            guard let next = previous.following(chunk.type, direction) else {
                return .invalid(.sctpState)
            }
            if chunk.type == .initiate || chunk.type == .initiateAck {
                guard let initiateTag = chunk.initiateTag(transport, bytes),
                    noteInitiate(chunk.type, initiateTag, direction, previous)
                else { return .invalid(.sctpVerificationTag) }
                // Repeating an INIT must not keep a closed association alive.
                if chunk.type == .initiate && status.contains(.confirmed) && previous == .closed
                    && next == .closed
                {
                    passes = true
                }
            }
            state = next
            if next == .established && previous != .established { status.insert(.assured) }
        }
        return passes ? .pass : .refresh
    }

    /// The rules of 8.5.1 for a chunk's verification tag, and what heartbeats tell of it.
    private mutating func accepts(
        _ chunk: SCTPChunkHeader, tag: UInt32, _ types: SCTPChunkTypes, _ direction: Direction, passes: Bool
    ) -> Bool {
        switch chunk.type {
        case .initiate:
            return tag == 0
        case .abort, .shutdownComplete:
            // The T bit: the tag is the peer's.
            return tag == tags[chunk.flags & 1 == 0 ? direction : direction.opposite]
        case .cookieEcho:
            return tag == tags[direction]
        case .cookieAck:
            initiated = PerDirection(false)
        case .heartbeat, .heartbeatAck:
            if tags[direction] == 0 {
                tags[direction] = tag
            } else if tag == tags[direction] {
                heartbeatMismatch = false
            } else {
                guard !types.contains(.data), !passes, heartbeatMismatch, lastDirection != direction else {
                    return false
                }
                heartbeatMismatch = false
                tags[direction] = tag
                tags[direction.opposite] = 0
            }
        default:
            break
        }
        return true
    }

    private mutating func noteInitiate(
        _ chunk: SCTPChunk, _ initiateTag: UInt32, _ direction: Direction, _ previous: SCTPState
    ) -> Bool {
        let known = tags[direction.opposite]
        if chunk == .initiate {
            if previous == .none || known != initiateTag {
                if initiated[direction] { initiated[direction.opposite] = false }
                initiated[direction] = true
            }
        } else {
            if !initiated[direction.opposite] && known != 0 && known != initiateTag { return false }
            // Both ends have opened at once (5.2.1).
            if initiated[direction] && initiated[direction.opposite] && known != initiateTag { return false }
        }
        tags[direction.opposite] = initiateTag
        return true
    }
}
