public import Engine
public import Packets

/// Finds packets that couldn't have happened, had the firewall stood where a capture was made: what the capture holds
/// went on although the firewall drops a packet that it depends on.
///
/// It follows conversations from the first packet that is dropped: at most `conversationLimit` of them, the latest.
/// Where it doesn't know, a packet could have happened.
public struct CounterfactualTracker: Sendable {
    public static let conversationLimit = 32_768

    enum Dependencies: Sendable {
        case segments(TCPDependencies)
        case queries(QueryDependencies)
    }

    /// A conversation, under one name or, translated, two.
    private struct Slot {
        var dependencies: Dependencies
        var keys: [ConversationKey]
    }

    private struct Place {
        var slot: Int
        /// Whether side 0 is the key's low end.
        var isAligned: Bool

        func side(_ isFromLow: Bool) -> Int { isFromLow == isAligned ? 0 : 1 }
    }

    private struct FragmentKey: Hashable {
        var source: UInt128
        var destination: UInt128
        var identification: UInt32
        var transportProtocol: IPProtocol

        init(_ packet: Packet) {
            source = packet.source
            destination = packet.destination
            identification = packet.identification
            transportProtocol = packet.transportProtocol
        }
    }

    private static let filterBits: UInt64 = 16
    private static let fragmentLimit = 1024

    private var slots: [Slot] = []
    private var nextSlot = 0
    private var places: [ConversationKey: Place] = [:]
    /// Over the bits of every key that was ever followed: most packets belong to none.
    private var filter = Array(repeating: false, count: 1 << Int(filterBits))
    private var arrivals = ArrivalMemory()
    private var announced = AnnouncedConnections()
    /// What the first fragment of a packet couldn't have come after.
    private var fragments: [FragmentKey: LostPacket] = [:]
    private let decoder = PacketDecoder(verifiesHeaderChecksum: false, checksAddressScope: false)

    public init() {}

    // MARK: Before a packet

    /// The packet whose loss makes this one impossible; nil if it could have happened.
    /// - Parameters:
    ///   - bytes: the frame.
    ///   - isOwn: whether the firewall host sends it.
    public mutating func loss(preventing packet: Packet, _ bytes: RawSpan, isOwn: Bool) -> LostPacket? {
        guard !places.isEmpty else { return nil }
        if packet.isFragment {
            let key = FragmentKey(packet)
            if packet.isLaterFragment { return fragments[key] }
            let found = find(packet, bytes, isOwn)
            if found != nil, fragments.count >= CounterfactualTracker.fragmentLimit { fragments.removeAll() }
            fragments[key] = found
            return found
        }
        return find(packet, bytes, isOwn)
    }

    private func find(_ packet: Packet, _ bytes: RawSpan, _ isOwn: Bool) -> LostPacket? {
        if packet.isErrorMessage { return lossQuoted(by: packet, bytes, isOwn) }
        if let loss = announced.loss(preventing: packet) { return loss }
        guard mayBeFollowed(packet), let (place, side) = place(of: packet) else { return nil }
        switch slots[place.slot].dependencies {
        case .segments(let dependencies):
            guard let segment = ObservedSegment(packet, bytes) else { return nil }
            return dependencies.loss(preventing: segment, from: side)
        case .queries(let dependencies):
            let query = Query(packet, bytes)
            return dependencies.loss(preventing: query?.isReply == true ? query?.number : nil, from: side)
        }
    }

    /// An ICMP error about a packet that never got to where it was sent from. The firewall's own may be its answer.
    private func lossQuoted(by packet: Packet, _ bytes: RawSpan, _ isOwn: Bool) -> LostPacket? {
        var quoted = Packet(family: packet.family)
        let start = Int(packet.transportOffset) + 8
        guard packet.transportCaptured >= 8, start < bytes.byteCount,
            decoder.decode(
                bytes, family: packet.family, networkOffset: start, originalLength: start + 0xffff,
                into: &quoted) == nil,
            mayBeFollowed(quoted), let (place, side) = place(of: quoted)
        else { return nil }
        let loss: LostPacket?
        switch slots[place.slot].dependencies {
        case .segments(let dependencies):
            let field = Int(quoted.transportOffset) + 4
            loss = dependencies.loss(
                quoting: field + 4 <= bytes.byteCount ? bytes.uint32(at: field) : nil, from: side)
        case .queries(let dependencies):
            var marks = [QueryDependencies.Mark.datagram(quoted.identification, quoted.totalLength)]
            if let query = Query(quoted, bytes) { marks = [.query(query.number)] }
            loss = dependencies.loss(quoting: marks, from: side)
        }
        return isOwn && loss?.answer == .icmp ? nil : loss
    }

    // MARK: Behind a packet

    /// - Parameters:
    ///   - packet: as it arrived; the whole packet that its last fragment completed.
    ///   - bytes: the frame from which `packet` was decoded; nil if it was put together.
    ///   - refusedFlow: the packet's connection, if it didn't get through.
    ///   - loss: what `loss(preventing:)` said.
    public mutating func note(
        _ packet: Packet, _ bytes: RawSpan?, _ traversal: TraversalResult, _ refusedFlow: FlowView?,
        _ loss: LostPacket?, number: UInt64
    ) {
        guard traversal.verdict != .stolen, !packet.isLaterFragment, !packet.isErrorMessage else { return }
        let dropped = loss == nil ? LostPacket(traversal, number: number) : nil
        let lost = loss ?? dropped
        if let bytes { announced.note(packet, bytes, lost) }
        if let (place, side) = mayBeFollowed(packet) ? place(of: packet) : nil {
            note(packet, bytes, at: place, side, lost, isDropped: dropped != nil)
            rename(packet, traversal, refusedFlow, place.slot, side)
        } else if let lost {
            guard let place = follow(packet) else { return }
            note(packet, bytes, at: place, 0, lost, isDropped: dropped != nil)
            rename(packet, traversal, refusedFlow, place.slot, 0)
        } else {
            arrivals.note(packet, segment: ObservedSegment(packet, nil))
        }
    }

    private mutating func note(
        _ packet: Packet, _ bytes: RawSpan?, at place: Place, _ side: Int, _ loss: LostPacket?,
        isDropped: Bool
    ) {
        switch slots[place.slot].dependencies {
        case .segments(var dependencies):
            guard let segment = ObservedSegment(packet, bytes) else { return }
            dependencies.note(segment, from: side, loss, isDropped: isDropped)
            slots[place.slot].dependencies = .segments(dependencies)
        case .queries(var dependencies):
            var query: Query?
            if let bytes { query = Query(packet, bytes) }
            dependencies.note(
                query?.isReply == false ? query?.number : nil,
                .datagram(packet.identification, packet.totalLength), from: side, loss, isDropped: isDropped)
            slots[place.slot].dependencies = .queries(dependencies)
        }
    }

    // MARK: Conversations

    private func mayBeFollowed(_ packet: Packet) -> Bool {
        filter[Int(ConversationKey.bucket(packet) >> (64 - CounterfactualTracker.filterBits))]
    }

    private func place(of packet: Packet) -> (place: Place, side: Int)? {
        var isFromLow = false
        guard let key = ConversationKey(packet, isFromLow: &isFromLow), let place = places[key] else {
            return nil
        }
        return (place, place.side(isFromLow))
    }

    /// Begins to follow the conversation of a packet, which becomes side 0.
    private mutating func follow(_ packet: Packet) -> Place? {
        var isFromLow = false
        guard let key = ConversationKey(packet, isFromLow: &isFromLow) else { return nil }
        let ends = (arrivals.end(of: packet), arrivals.end(against: packet))
        let dependencies: Dependencies =
            packet.transportProtocol == .tcp
            ? .segments(TCPDependencies(ends: ends))
            : .queries(QueryDependencies(hasArrived: (ends.0 != nil, ends.1 != nil)))
        let place = Place(slot: nextSlot, isAligned: isFromLow)
        let slot = Slot(dependencies: dependencies, keys: [key])
        if nextSlot < slots.count {
            for key in slots[nextSlot].keys where places[key]?.slot == nextSlot { places[key] = nil }
            slots[nextSlot] = slot
        } else {
            slots.append(slot)
        }
        nextSlot = (nextSlot + 1) % CounterfactualTracker.conversationLimit
        add(key, place, packet)
        return place
    }

    /// A translated conversation has another name on the other side of the firewall.
    private mutating func rename(
        _ packet: Packet, _ traversal: TraversalResult, _ refusedFlow: FlowView?, _ slot: Int, _ side: Int
    ) {
        guard slots[slot].keys.count < 2 else { return }
        var changed = packet
        if let translation = traversal.translation {
            changed.take(translation)
        } else if let flow = refusedFlow, flow.exists, packet.flags.contains(.hasPorts) {
            // What the other side would answer to.
            let far = flow.isReply ? flow.original : flow.reply
            (changed.source, changed.destination) = (far.destination, far.source)
            (changed.sourcePort, changed.destinationPort) = (far.destinationPort, far.sourcePort)
        } else {
            return
        }
        var isFromLow = false
        guard let key = ConversationKey(changed, isFromLow: &isFromLow), places[key] == nil else { return }
        slots[slot].keys.append(key)
        add(key, Place(slot: slot, isAligned: isFromLow == (side == 0)), changed)
    }

    private mutating func add(_ key: ConversationKey, _ place: Place, _ packet: Packet) {
        places[key] = place
        filter[Int(ConversationKey.bucket(packet) >> (64 - CounterfactualTracker.filterBits))] = true
    }
}

/// The number by which a query and its reply know each other: a DNS message's identifier (RFC 1035 4.1.1), an ICMP query's
/// sequence number.
private struct Query {
    var number: UInt16
    var isReply: Bool

    /// - Parameter bytes: the frame from which the packet was decoded.
    init?(_ packet: Packet, _ bytes: RawSpan) {
        let start = Int(packet.transportOffset)
        switch packet.transportProtocol {
        case .icmp, .icmpv6:
            guard let isReply = packet.isQueryReply, start + 8 <= bytes.byteCount else { return nil }
            number = bytes.uint16(at: start + 6)
            self.isReply = isReply
        case .udp:
            guard packet.destinationPort == 53 || packet.sourcePort == 53, packet.transportCaptured >= 12,
                start + 12 <= bytes.byteCount
            else { return nil }
            number = bytes.uint16(at: start + 8)
            isReply = bytes.byte(at: start + 10) & 0x80 != 0
        default: return nil
        }
    }
}
