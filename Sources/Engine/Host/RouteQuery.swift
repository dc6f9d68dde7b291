internal import Packets

/// What routing knows of a packet (`struct flowi4`, `struct flowi6`).
struct RouteQuery: BitwiseCopyable {
    var destination: UInt128
    var source: UInt128 = 0
    var mark: UInt32 = 0
    var trafficClass: UInt8 = 0
    var transportProtocol = IPProtocol(rawValue: 0)
    /// 0 for a fragment, and where there are no ports.
    var sourcePort: UInt16 = 0
    var destinationPort: UInt16 = 0
    /// Where the packet came in; the loopback interface for the host's own.
    var inInterface = InterfaceID.none
    /// The interface that a socket is bound to, which rules may ask for.
    var outInterface = InterfaceID.none
    /// The owner of the socket; nil if nobody said it. Packets that arrive have none.
    var user: UInt32? = RouteQuery.noUser

    /// `INVALID_UID`
    static let noUser = UInt32.max

    init(to destination: UInt128) { self.destination = destination }

    /// A packet that arrived.
    init(_ packet: Packet, _ metadata: PacketMetadata) {
        destination = packet.destination
        source = packet.source
        mark = metadata.mark
        trafficClass = packet.trafficClass
        transportProtocol = packet.transportProtocol
        if !packet.isFragment, packet.flags.contains(.hasPorts) {
            sourcePort = packet.sourcePort
            destinationPort = packet.destinationPort
        }
        inInterface = metadata.inInterface
    }

    /// The way back to the packet's source (`__fib_validate_source`).
    func reversed(mark: UInt32, arrivesOn interface: InterfaceID) -> RouteQuery {
        var back = self
        (back.source, back.destination) = (destination, source)
        (back.sourcePort, back.destinationPort) = (destinationPort, sourcePort)
        back.mark = mark
        back.inInterface = interface
        return back
    }
}

extension SimulatedHost {
    /// A packet of the host's own. Whose it is, nobody said.
    func ownQuery(_ packet: Packet, mark: UInt32) -> RouteQuery {
        var query = RouteQuery(packet, PacketMetadata())
        query.mark = mark
        query.inInterface = loopback
        query.user = nil
        return query
    }

    /// An answer of the kernel's own (`icmp_route_lookup`): root's.
    func answerQuery(to destination: UInt128, from source: UInt128 = 0, mark: UInt32) -> RouteQuery {
        var query = RouteQuery(to: destination)
        query.source = source
        query.mark = mark
        query.inInterface = loopback
        query.user = 0
        return query
    }
}
