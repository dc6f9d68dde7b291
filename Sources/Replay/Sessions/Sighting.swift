import Packets

/// Where a frame was captured: a packet that a router passes on is seen once on either side of it.
struct Sighting: Hashable, Sendable, BitwiseCopyable {
    var capture: Int
    var captureInterface: UInt32
    /// Of an `any` capture.
    var interfaceIndex: UInt32
    var direction: FrameDirection
    var vlan: UInt16
    /// Zero where there is none.
    var source: MACAddress

    init(_ frame: Frame, _ link: LinkHeader, capture: Int) {
        self.capture = capture
        captureInterface = frame.captureInterface
        interfaceIndex = link.interfaceIndex
        direction = frame.direction != .unknown ? frame.direction : link.direction
        vlan = link.vlan
        source = link.hasMACs ? link.sourceMAC : MACAddress(bits: 0)
    }
}

/// Tells copies of datagrams from datagrams that are sent again: the copy is seen elsewhere, at almost the same time.
struct DatagramCopies: Sendable {
    private struct Seen: Sendable {
        var sighting: Sighting
        var time: Timestamp
        var identification: UInt32
        var payload: UInt64
    }

    private static let limit = 32
    private static let span: Int64 = 1_000_000_000

    private var recent: [Seen] = []

    /// Whether the datagram is a copy of one that was seen; else it is remembered.
    mutating func isCopy(
        _ packet: Packet, _ payload: [UInt8], _ sighting: Sighting, at time: Timestamp
    ) -> Bool {
        var hasher = StableHash()
        hasher.combine(payload)
        let seen = Seen(
            sighting: sighting, time: time, identification: packet.identification, payload: hasher.value)
        recent.removeAll { $0.time.duration(to: time) > DatagramCopies.span }
        // Each is passed on once: the first one that it can be a copy of has no other.
        if let index = recent.firstIndex(where: {
            $0.sighting != sighting && $0.identification == seen.identification && $0.payload == seen.payload
        }) {
            recent.remove(at: index)
            return true
        }
        if recent.count == DatagramCopies.limit { recent.removeFirst() }
        recent.append(seen)
        return false
    }
}

/// FNV-1a: the same for the same bytes in every run.
struct StableHash {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325
    mutating func combine(_ bytes: [UInt8]) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }
    var value: UInt64 { state }
}
