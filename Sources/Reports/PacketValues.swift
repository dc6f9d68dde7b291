import Engine
import Packets
import RuleModel

/// What a packet has where a condition asks for something: the end of "needs …; the packet has …".
struct PacketValues {
    let packet: Packet
    let metadata: PacketMetadata
    let event: TraceEvent
    let interfaces: InterfaceTable

    /// Nil if there is nothing to say beside that the condition doesn't hold.
    func words(for condition: Condition) -> String? {
        let names = ConditionWords(family: packet.family)
        switch condition {
        case .not(let inner): return words(for: inner)
        case .number(let field, _), .bits(let field, _, _), .anyBit(let field, _):
            guard let value = value(of: field) else { return nil }
            return field.name(of: value, family: packet.family)
        case .address(let field, _, _), .addressRange(let field, _), .addressType(let field, _, _):
            switch field {
            case .source: return names.address(packet.source)
            case .destination: return names.address(packet.destination)
            default: return nil
            }
        case .reversePath: return names.address(packet.source)
        case .interface(let field, _):
            let id = field == .input ? event.inInterface : event.outInterface
            return id == .none ? "none that is known" : interfaces.name(of: id)
        case .sourceMAC: return metadata.hasMACs ? metadata.sourceMAC.description : "no MAC addresses"
        case .header, .tcpOption:
            if packet.isLaterFragment { return "none, it is a later fragment" }
            return packet.flags.contains(.hasTransportHeader) ? nil : "one that is cut short"
        case .hasConnection: return "the state \(event.connectionState.name)"
        case .fact: return "nothing that says so"
        case .always, .all, .any, .packet, .history: return nil
        }
    }

    private func value(of field: NumberField) -> UInt32? {
        switch field {
        case .transportProtocol: UInt32(packet.transportProtocol.rawValue)
        case .sourcePort: UInt32(packet.sourcePort)
        case .destinationPort: UInt32(packet.destinationPort)
        case .icmpType: UInt32(packet.icmpType)
        case .icmpCode: UInt32(packet.icmpCode)
        case .tcpFlags: UInt32(packet.tcpFlags.rawValue)
        case .length: packet.totalLength
        case .hopLimit: UInt32(event.hopLimit)
        case .trafficClass: UInt32(packet.trafficClass)
        case .fragmentOffset: UInt32(packet.fragmentOffset)
        case .mark: event.mark
        case .packetType: UInt32(metadata.packetType.rawValue)
        case .connectionState: UInt32(event.connectionState.rawValue)
        default: nil
        }
    }
}
