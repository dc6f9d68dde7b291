import Gateway
import Packets

/// What the packets of one session have in common, both ways: two endpoints and a protocol.
struct SessionKey: Hashable, Sendable, BitwiseCopyable {
    private let tuple: FlowTuple

    init(_ packet: Packet) {
        let isForward =
            (packet.source, packet.sourcePort) <= (packet.destination, packet.destinationPort)
        tuple = FlowTuple(
            family: packet.family, transportProtocol: packet.transportProtocol,
            source: isForward ? packet.source : packet.destination,
            destination: isForward ? packet.destination : packet.source,
            sourcePort: isForward ? packet.sourcePort : packet.destinationPort,
            destinationPort: isForward ? packet.destinationPort : packet.sourcePort)
    }
}

extension Packet {
    var sourceEndpoint: Endpoint { Endpoint(IPAddress(family: family, bits: source), sourcePort) }
    var destinationEndpoint: Endpoint {
        Endpoint(IPAddress(family: family, bits: destination), destinationPort)
    }
}
