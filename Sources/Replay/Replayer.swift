public import Engine
public import Packets

/// Sends captured frames through a firewall, one by one, on the capture's clock.
public struct Replayer: ~Copyable {
    public var firewall: Firewall
    public let roles: [CaptureRole]
    let placer: FramePlacer
    let decoder: PacketDecoder
    private let outInterface: InterfaceID
    private var number: UInt64 = 0
    /// Whether the rules that each packet meets are written to `trace`.
    public var isTracing = false
    /// Those of the packet that was processed last.
    public private(set) var trace = RuleTrace()
    /// Finds packets that couldn't have happened; nil if nobody asks.
    public var counterfactuals: CounterfactualTracker?
    /// The packet of the last frame, as it arrived: of a fragment, the fragment itself.
    public private(set) var arrived = Packet(family: .ipv4)

    /// - Parameters:
    ///   - roles: of the captures, by their index.
    ///   - direction: that of every frame, whatever it looks like; nil to tell from the frames.
    ///   - outInterface: where the host's own packets leave, if it isn't where they were captured.
    public init(
        _ firewall: consuming Firewall, roles: [CaptureRole], direction: FramePlacement.Direction? = nil,
        outInterface: InterfaceID = .none, verifiesHeaderChecksum: Bool = true
    ) {
        self.outInterface = outInterface
        placer = FramePlacer(roles: roles, host: firewall.host, forced: direction)
        decoder = PacketDecoder(verifiesHeaderChecksum: verifiesHeaderChecksum)
        self.firewall = firewall
        self.roles = roles
    }

    /// Another one for the same frames, with a firewall that has seen nothing yet.
    public func unused() -> Replayer {
        Replayer(
            firewall.unused(), roles: roles, placer: placer, decoder: decoder, outInterface: outInterface)
    }

    private init(
        _ firewall: consuming Firewall, roles: [CaptureRole], placer: FramePlacer, decoder: PacketDecoder,
        outInterface: InterfaceID
    ) {
        self.firewall = firewall
        self.roles = roles
        self.placer = placer
        self.decoder = decoder
        self.outInterface = outInterface
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
        firewall.forgetLast()
        if isTracing { trace.removeAll() }
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        var metadata = PacketMetadata(timestamp: frame.timestamp)
        var loss: LostPacket?
        let outcome: PacketResult.Outcome
        switch decoder.decode(frame, bytes, link: &link, packet: &packet) {
        case .notIP(let content): outcome = .notIP(content)
        case .malformed(let malformation): outcome = .malformed(malformation)
        case .packet:
            let placement = placer.place(
                frame, link, packet, capture: capture, captureInterface: captureInterface, host: firewall.host
            )
            metadata.packetType = link.packetType
            metadata.hasMACs = link.hasMACs
            metadata.sourceMAC = link.sourceMAC
            metadata.destinationMAC = link.destinationMAC
            arrived = packet
            if counterfactuals != nil, placement.direction != .egressCopy {
                loss = counterfactuals?.loss(
                    preventing: packet, bytes, isOwn: placement.direction == .sentByHost)
                firewall.countsApart = loss != nil
            }
            switch placement.direction {
            case .egressCopy: outcome = .egressCopy
            case .arriving:
                metadata.inInterface = placement.interface
                outcome = .traversed(traverse(&packet, &metadata, bytes, .arriving))
            case .sentByHost:
                metadata.outInterface = outInterface != .none ? outInterface : placement.interface
                outcome = .traversed(traverse(&packet, &metadata, bytes, .sentByHost))
            }
            guard case .traversed(let traversal) = outcome else {
                packet = arrived
                break
            }
            // The last fragment of a packet stands for the whole packet.
            let isPutTogether = traversal.fragments > 0
            if !isPutTogether { packet = arrived }
            counterfactuals?.note(
                packet, isPutTogether ? nil : bytes, traversal, firewall.refusedFlow, loss, number: number)
        }
        return PacketResult(
            number: number, capture: capture, frame: frameNumber, timestamp: frame.timestamp,
            outcome: outcome,
            packet: packet, metadata: metadata, counterfactual: loss?.number)
    }

    /// Whether a frame is an answer that the host sends, and which.
    public func capturedAnswer(
        _ frame: Frame, _ bytes: RawSpan, capture: Int, captureInterface: InterfaceID
    ) -> AnswerKey? {
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        guard case .packet = decoder.decode(frame, bytes, link: &link, packet: &packet),
            let key = AnswerKey(packet, bytes)
        else { return nil }
        let placement = placer.place(
            frame, link, packet, capture: capture, captureInterface: captureInterface, host: firewall.host)
        return placement.direction == .sentByHost ? key : nil
    }

    private mutating func traverse(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ origin: PacketOrigin
    ) -> TraversalResult {
        guard isTracing else { return firewall.process(&packet, &metadata, bytes: bytes, origin: origin) }
        return firewall.process(&packet, &metadata, bytes: bytes, origin: origin, trace: &trace)
    }
}
