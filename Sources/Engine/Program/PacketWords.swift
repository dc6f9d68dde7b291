internal import Packets

/// A field that most rules test. The raw value is its place in `PacketWords`.
enum PacketWord: UInt8, BitwiseCopyable {
    /// IPv4 only.
    case source, destination
    case transportProtocol, sourcePort, destinationPort, icmpType, icmpCode, tcpFlags
    case length, hopLimit, trafficClass, fragmentOffset
    case mark, inInterface, outInterface, connectionState

    var bit: UInt32 { 1 << UInt32(rawValue) }
}

/// The packet as an array of numbers, so that testing any of them is the same few instructions without a
/// branch over fields.
struct PacketWords: BitwiseCopyable {
    private(set) var values: InlineArray<16, UInt32>
    /// A bit for each word that the packet has.
    private(set) var present: UInt32

    init(_ packet: Packet, _ metadata: PacketMetadata, _ flow: FlowView) {
        values = [
            UInt32(truncatingIfNeeded: packet.source), UInt32(truncatingIfNeeded: packet.destination),
            UInt32(packet.transportProtocol.rawValue), UInt32(packet.sourcePort),
            UInt32(packet.destinationPort),
            UInt32(packet.icmpType), UInt32(packet.icmpCode), UInt32(packet.tcpFlags.rawValue),
            packet.totalLength, UInt32(packet.hopLimit), UInt32(packet.trafficClass),
            UInt32(packet.fragmentOffset),
            metadata.mark, UInt32(metadata.inInterface.rawValue), UInt32(metadata.outInterface.rawValue),
            UInt32(flow.state.rawValue),
        ]
        present = ~0
        if !packet.hasPortFields { present &= ~PacketWords.portBits }
        if !packet.hasICMPFields { present &= ~PacketWords.icmpBits }
        if !packet.hasTCPFields { present &= ~PacketWord.tcpFlags.bit }
    }

    /// Takes over what translation changes.
    mutating func take(_ packet: Packet) {
        self[.source] = UInt32(truncatingIfNeeded: packet.source)
        self[.destination] = UInt32(truncatingIfNeeded: packet.destination)
        self[.sourcePort] = UInt32(packet.sourcePort)
        self[.destinationPort] = UInt32(packet.destinationPort)
    }

    private static var portBits: UInt32 { PacketWord.sourcePort.bit | PacketWord.destinationPort.bit }
    private static var icmpBits: UInt32 { PacketWord.icmpType.bit | PacketWord.icmpCode.bit }

    subscript(word: PacketWord) -> UInt32 {
        get { values[Int(word.rawValue)] }
        set { values[Int(word.rawValue)] = newValue }
    }
}
