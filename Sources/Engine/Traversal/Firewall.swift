public import Conntrack
public import Packets

/// The host's netfilter: rules of both families, connection tracking and routing, for packets in the order of
/// time.
///
/// Not simulated yet: the answers of REJECT and of routing (their way through OUTPUT), address translation,
/// reassembly of fragments, the copies of the host's own broadcasts that come back to it, and routing again
/// after a mark was set in OUTPUT.
public struct Firewall: ~Copyable {
    public let host: SimulatedHost
    public internal(set) var ipv4: MatchEngine
    public internal(set) var ipv6: MatchEngine
    public internal(set) var connections: ConnectionTable
    let fixedPath: FixedPath?
    let checksums: ChecksumTrust
    /// Of the packets that connection tracking verified, how many left their checksum to a network card.
    public internal(set) var offloadedChecksums: UInt64 = 0
    public var stateSource = StateSource.tracking

    /// - Parameters:
    ///   - ipv4: nil if there are none for the family: its packets pass empty chains.
    ///   - fixedPath: the way of every packet, whatever routing would say.
    public init(
        host: SimulatedHost, ipv4: CompiledRules?, ipv6: CompiledRules?,
        conntrack settings: ConntrackSettings = ConntrackSettings(), fixedPath: FixedPath? = nil,
        checksums: ChecksumTrust = .verifyUnlessOffloaded
    ) {
        precondition(ipv4?.family != .ipv6 && ipv6?.family != .ipv4)
        self.host = host
        self.ipv4 = MatchEngine(ipv4)
        self.ipv6 = MatchEngine(ipv6)
        connections = ConnectionTable(settings: settings)
        self.fixedPath = fixedPath
        self.checksums = checksums
    }

    /// Lets interface patterns know of names that were given out since the rules were compiled.
    public mutating func admit(_ interfaces: InterfaceTable) {
        ipv4.admit(interfaces)
        ipv6.admit(interfaces)
    }

    /// The same rules and host, with nothing counted and no connection known yet.
    public func unused() -> Firewall {
        Firewall(
            host: host, ipv4: ipv4.rules, ipv6: ipv6.rules, conntrack: connections.settings,
            fixedPath: fixedPath, checksums: checksums)
    }

    public func tracksConnections(_ family: AddressFamily) -> Bool {
        (family == .ipv4 ? ipv4.rules?.needsConntrack : ipv6.rules?.needsConntrack) ?? false
    }

    /// Sends a packet through the hooks.
    ///
    /// - Parameters:
    ///   - packet: decoded from `bytes`; forwarding takes one from its hop limit.
    ///   - metadata: `inInterface` of an arriving packet, `timestamp`, MAC addresses and packet type are the
    ///     caller's; `outInterface` too for a packet that the host sends, if it is known. Marks and the
    ///     interfaces that routing finds are written to it.
    ///   - bytes: the frame.
    public mutating func process(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, bytes: RawSpan, origin: PacketOrigin
    ) -> TraversalResult {
        var observer = NoObserver()
        return traverse(&packet, &metadata, bytes, origin, &observer)
    }

    /// The same, and every rule that the packet meets goes to `trace`.
    public mutating func process(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, bytes: RawSpan, origin: PacketOrigin,
        trace: inout RuleTrace
    ) -> TraversalResult {
        traverse(&packet, &metadata, bytes, origin, &trace)
    }

    private mutating func traverse<Observer: TraversalObserver>(
        _ packet: inout Packet, _ metadata: inout PacketMetadata, _ bytes: RawSpan, _ origin: PacketOrigin,
        _ observer: inout Observer
    ) -> TraversalResult {
        let isSent = fixedPath.map { $0.path == .output } ?? (origin == .sentByHost)
        if !isSent, metadata.packetType == .otherHost, fixedPath == nil {
            var result = TraversalResult()
            result.verdict = .routedAway
            result.routedAwayReason = .notForUs
            return result
        }
        var traversal = HookTraversal(packet, metadata, tracks: tracksConnections(packet.family))
        if isSent {
            traversal.send(&packet, &metadata, bytes, &self, &observer)
        } else {
            traversal.arrive(&packet, &metadata, bytes, &self, &observer)
        }
        return traversal.result
    }
}

/// Whether a packet comes from the network or from the host's own sockets.
public enum PacketOrigin: UInt8, Sendable, BitwiseCopyable {
    case arriving, sentByHost
}

/// A way that every packet takes (`--hook`), instead of the one that routing would find. Only the hop limit
/// can still end a packet on the path FORWARD.
public struct FixedPath: Sendable, Hashable {
    public var path: PacketPath
    public var outInterface: InterfaceID

    public init(_ path: PacketPath, outInterface: InterfaceID = .none) {
        self.path = path
        self.outInterface = outInterface
    }
}

/// Which checksums of a capture are believed to be what was on the wire.
public enum ChecksumTrust: String, Sendable, CaseIterable {
    /// None: all count as right.
    case ignore
    /// All but those that look as if a network card was to complete them.
    case verifyUnlessOffloaded = "verify-unless-offloaded"
    case verify

    /// Whether a checksum makes the packet one that counts.
    public func verdict(_ checksum: TransportChecksum) -> ChecksumVerdict {
        switch (self, checksum) {
        case (.ignore, _), (_, .unverifiable), (_, .absent): .notVerified
        case (_, .valid), (.verifyUnlessOffloaded, .offloaded): .good
        case (.verify, .offloaded), (_, .invalid): .bad
        }
    }
}
