import Packets

/// Puts IP fragments together, as a stack does before TCP sees anything (RFC 791 3.2, RFC 8200 4.5).
///
/// Fragments that overlap make the packet void, as Linux has it (RFC 5722 for IPv6, `ip_frag_queue` for IPv4); the
/// same fragment again is ignored. Bounded as by Linux: 4 MiB in all (net.ipv4.ipfrag_high_thresh), 30 seconds.
struct FragmentReassembler: Sendable {
    private struct Key: Hashable, Sendable {
        /// Copies of fragments, captured elsewhere, are packets of their own.
        var sighting: Sighting
        var family: AddressFamily
        var source: UInt128
        var destination: UInt128
        var identification: UInt32
        /// IPv4 only.
        var transportProtocol: IPProtocol?
    }

    fileprivate struct Fragments: Sendable {
        var since: Timestamp
        /// By their place in the whole payload, which is the index times 8.
        var pieces: [UInt16: [UInt8]] = [:]
        /// The whole payload's length, once the last fragment is there.
        var length: Int?
        var isVoid = false
        /// The first fragment's next header, or the protocol.
        var number: UInt8?
        var hopLimit: UInt8 = 0
    }

    private static let timeout: Int64 = 30_000_000_000
    private static let byteLimit = 4 << 20
    private static let pieceLimit = 256

    private var waiting: [Key: Fragments] = [:]
    /// In the order of their coming; some are done.
    private var order: [Key] = []
    private var bytes = 0

    /// - Returns: the whole IP packet when this was its last missing fragment.
    mutating func add(
        _ packet: Packet, _ frame: RawSpan, _ sighting: Sighting, at time: Timestamp
    ) -> [UInt8]? {
        guard !packet.flags.contains(.cutByCapture), let part = Part(packet, frame) else { return nil }
        let key = Key(
            sighting: sighting, family: packet.family, source: packet.source,
            destination: packet.destination, identification: packet.identification,
            transportProtocol: packet.family == .ipv4 ? packet.transportProtocol : nil)
        makeRoom(for: part.range.count, at: time)
        if waiting[key] == nil {
            waiting[key] = Fragments(since: time)
            order.append(key)
        }
        let payload = frame.extracting(part.range).withUnsafeBytes { Array($0) }
        bytes += waiting[key]!.take(payload, packet, part.number, limit: FragmentReassembler.pieceLimit)
        guard let whole = waiting[key]!.whole(packet) else { return nil }
        remove(key)
        return whole
    }

    private mutating func makeRoom(for count: Int, at time: Timestamp) {
        var done = 0
        while done < order.count {
            let key = order[done]
            if let fragments = waiting[key] {
                let isOld = fragments.since.duration(to: time) > FragmentReassembler.timeout
                guard isOld || bytes + count > FragmentReassembler.byteLimit || waiting.count >= 4096 else {
                    break
                }
                remove(key)
            }
            done += 1
        }
        order.removeFirst(done)
    }

    private mutating func remove(_ key: Key) {
        guard let fragments = waiting.removeValue(forKey: key) else { return }
        bytes -= fragments.pieces.values.reduce(0) { $0 + $1.count }
    }
}

/// Where in a frame the fragment's own bytes are.
private struct Part {
    var range: Range<Int>
    /// What the fragmented part begins with.
    var number: UInt8

    init?(_ packet: Packet, _ frame: RawSpan) {
        let network = Int(packet.networkOffset)
        let end = min(network + Int(packet.totalLength), frame.byteCount)
        if packet.family == .ipv4 {
            number = packet.transportProtocol.rawValue
            range = Int(packet.transportOffset)..<max(end, Int(packet.transportOffset))
            return
        }
        // The fragment header is behind those that every fragment has.
        var next = frame.byte(at: network + 6)
        var place = network + 40
        while next != ExtensionHeader.fragment {
            guard [0, 43, 60].contains(next), place + 2 <= end else { return nil }
            next = frame.byte(at: place)
            place += 8 * (Int(frame.byte(at: place + 1)) + 1)
        }
        guard place + 8 <= end else { return nil }
        number = frame.byte(at: place)
        range = place + 8..<end
    }
}

extension FragmentReassembler.Fragments {
    /// - Returns: how many bytes more it holds.
    fileprivate mutating func take(_ payload: [UInt8], _ packet: Packet, _ number: UInt8, limit: Int) -> Int {
        guard !isVoid else { return 0 }
        let start = Int(packet.fragmentOffset) * 8
        let end = start + payload.count
        let isLast = !packet.flags.contains(.moreFragments)
        if pieces[packet.fragmentOffset]?.count == payload.count { return 0 }
        let overlaps = pieces.contains { offset, bytes in
            Int(offset) * 8 < end && start < Int(offset) * 8 + bytes.count
        }
        let isBeyond = end > 65_535 || length.map { end > $0 || isLast } ?? false
        // Only the last one may end anywhere.
        let isOdd = !isLast && payload.count % 8 != 0
        guard !overlaps, !isBeyond, !isOdd, !payload.isEmpty, pieces.count < limit else {
            isVoid = true
            let held = pieces.values.reduce(0) { $0 + $1.count }
            pieces = [:]
            return -held
        }
        pieces[packet.fragmentOffset] = payload
        if isLast { length = end }
        if packet.fragmentOffset == 0 {
            self.number = number
            hopLimit = packet.hopLimit
        }
        return payload.count
    }

    fileprivate func whole(_ packet: Packet) -> [UInt8]? {
        guard !isVoid, let length, let number,
            pieces.values.reduce(0, { $0 + $1.count }) == length
        else { return nil }
        let payload = pieces.sorted { $0.key < $1.key }.flatMap(\.value)
        var whole = PacketBuilder(
            source: IPAddress(family: packet.family, bits: packet.source),
            destination: IPAddress(family: packet.family, bits: packet.destination),
            .other(IPProtocol(rawValue: number), payload))
        whole.hopLimit = hopLimit
        whole.trafficClass = packet.trafficClass
        whole.identification = packet.identification
        return payload.count + 20 <= 65_535 ? whole.bytes() : nil
    }
}
