public import Packets

/// Looks through captures for what makes a replay's answers doubtful. Feed it all frames, then ask. Its memory is bounded:
/// connections beyond `ObservedConnections.limit` aren't looked at.
public struct CaptureExamination: Sendable {
    /// A step of the clock beyond which it is no disorder of frames that came at once, in nanoseconds.
    private static let disorderLimit: Int64 = 1_000_000_000
    /// A silence that may be a clock that was put forward.
    private static let silence: Int64 = 600_000_000_000
    /// The longest packet of an Ethernet without jumbo frames.
    private static let usualMTU: UInt32 = 1500

    public private(set) var frames: UInt64 = 0
    public private(set) var packets: (ipv4: UInt64, ipv6: UInt64) = (0, 0)
    public private(set) var notIP: [LinkContent: UInt64] = [:]
    public private(set) var malformed: [Malformation: UInt64] = [:]
    public private(set) var first: Timestamp?
    public private(set) var last: Timestamp?
    /// The longest step back, in nanoseconds.
    public private(set) var longestStepBack: UInt64 = 0
    /// The most bytes that a cut frame holds.
    public private(set) var snapLength: UInt64 = 0
    public var untrackedConnections: UInt64 { connections.beyondLimit }

    private var found: [CaptureFinding.Kind: CaptureFinding] = [:]
    /// By capture.
    private var times: [Int: Timestamp] = [:]
    private var connections = ObservedConnections()
    private var recent = RecentFrames()
    private let decoder = PacketDecoder()

    public init() {}

    /// In the order of `CaptureFinding.Kind`.
    public func findings() -> [CaptureFinding] {
        var all = found
        for finding in connections.findings() { all[finding.kind] = finding }
        return CaptureFinding.Kind.allCases.compactMap { all[$0] }
    }

    /// A file that ends in the middle.
    public mutating func noteFault(capture: Int, frame: UInt64) { note(.cutOffFile, capture, frame) }

    private mutating func note(_ kind: CaptureFinding.Kind, _ capture: Int, _ frame: UInt64) {
        found[kind, default: CaptureFinding(kind: kind, count: 0, capture: capture, frame: frame)].count &+= 1
    }

    /// - Parameter number: from 1, in its capture.
    public mutating func add(_ frame: Frame, _ bytes: RawSpan, capture: Int, number: UInt64) {
        frames &+= 1
        noteTime(frame.timestamp, capture, number)
        if bytes.byteCount < Int(frame.originalLength) {
            note(.cutFrames, capture, number)
            snapLength = max(snapLength, UInt64(bytes.byteCount))
        }
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        let content = decoder.decode(frame, bytes, link: &link, packet: &packet)
        if link.vlan != 0 { note(.tagged, capture, number) }
        switch content {
        case .notIP(let content):
            notIP[content, default: 0] &+= 1
            note(.notIP, capture, number)
        case .malformed(let malformation):
            malformed[malformation, default: 0] &+= 1
            switch malformation {
            case .headerCutByCapture: note(.headersCut, capture, number)
            case .badHeaderChecksum: note(.badHeaderChecksums, capture, number)
            default: note(.malformed, capture, number)
            }
        case .packet: add(packet, frame, bytes, capture, number)
        }
    }

    private mutating func noteTime(_ time: Timestamp, _ capture: Int, _ number: UInt64) {
        first = min(first ?? time, time)
        last = max(last ?? time, time)
        defer { times[capture] = time }
        guard let before = times[capture] else { return }
        let (step, overflow) = time.nanoseconds.subtractingReportingOverflow(before.nanoseconds)
        if time < before {
            let back = UInt64(bitPattern: before.nanoseconds &- time.nanoseconds)
            longestStepBack = max(longestStepBack, back)
            note(
                overflow || step <= -CaptureExamination.disorderLimit ? .clockBack : .disorder, capture,
                number)
        } else if overflow || step >= CaptureExamination.silence {
            note(.clockForward, capture, number)
        }
    }

    private mutating func add(
        _ packet: Packet, _ frame: Frame, _ bytes: RawSpan, _ capture: Int, _ number: UInt64
    ) {
        if packet.family == .ipv4 { packets.ipv4 &+= 1 } else { packets.ipv6 &+= 1 }
        switch packet.verifyTransportChecksum(bytes) {
        case .offloaded: note(.offloadedChecksums, capture, number)
        case .invalid: note(.badChecksums, capture, number)
        case .valid, .absent, .unverifiable: break
        }
        let isLoopback =
            IPAddress(family: packet.family, bits: packet.source).isLoopback
            || IPAddress(family: packet.family, bits: packet.destination).isLoopback
        if packet.totalLength > CaptureExamination.usualMTU, !isLoopback {
            note(.aggregatedSegments, capture, number)
        }
        let sighting = recent.add(packet, bytes, at: frame.timestamp)
        switch sighting {
        case .first: break
        case .again: note(.repeatedFrames, capture, number)
        case .beyondRouter: note(.bothSides, capture, number)
        }
        // A copy says nothing new of its connection.
        if sighting == .first { connections.add(packet, capture, number) }
    }
}
