public import Engine
public import Packets

/// Sends captured frames through a firewall, one by one, on the capture's clock.
public struct Replayer: ~Copyable {
    public var firewall: Firewall
    public let roles: [CaptureRole]
    private let placer: FramePlacer
    private let decoder: PacketDecoder
    private var number: UInt64 = 0

    /// - Parameters:
    ///   - roles: of the captures, by their index.
    ///   - direction: that of every frame, whatever it looks like; nil to tell from the frames.
    public init(
        _ firewall: consuming Firewall, roles: [CaptureRole], direction: FramePlacement.Direction? = nil,
        verifiesHeaderChecksum: Bool = true
    ) {
        placer = FramePlacer(roles: roles, host: firewall.host, forced: direction)
        decoder = PacketDecoder(verifiesHeaderChecksum: verifiesHeaderChecksum)
        self.firewall = firewall
        self.roles = roles
    }

    /// Counts a frame that a filter leaves out, so that numbers stay those of the captures.
    public mutating func pass() { number &+= 1 }

    /// - Parameters:
    ///   - frameNumber: from 1, in its capture.
    ///   - captureInterface: see `FramePlacer.place`.
    public mutating func process(
        _ frame: Frame, _ bytes: RawSpan, capture: Int, frameNumber: UInt64,
        captureInterface: InterfaceID = .none
    ) -> PacketResult {
        number &+= 1
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        var metadata = PacketMetadata(timestamp: frame.timestamp)
        let outcome: PacketResult.Outcome
        switch decoder.decode(frame, bytes, link: &link, packet: &packet) {
        case .notIP(let content): outcome = .notIP(content)
        case .malformed(let malformation): outcome = .malformed(malformation)
        case .packet:
            let placement = placer.place(
                frame, link, packet, capture: capture, captureInterface: captureInterface, host: firewall.host)
            metadata.packetType = link.packetType
            metadata.hasMACs = link.hasMACs
            metadata.sourceMAC = link.sourceMAC
            metadata.destinationMAC = link.destinationMAC
            let arrived = packet
            switch placement.direction {
            case .egressCopy: outcome = .egressCopy
            case .arriving:
                metadata.inInterface = placement.interface
                outcome = .traversed(firewall.process(&packet, &metadata, bytes: bytes, origin: .arriving))
            case .sentByHost:
                metadata.outInterface = placement.interface
                outcome = .traversed(firewall.process(&packet, &metadata, bytes: bytes, origin: .sentByHost))
            }
            packet = arrived
        }
        return PacketResult(
            number: number, capture: capture, frame: frameNumber, timestamp: frame.timestamp, outcome: outcome,
            packet: packet, metadata: metadata)
    }
}
