import Packets
import RuleModel
import Symbolic
import TestSupport

/// Packets as they can be, made of random ones that nobody would decode.
struct SampledPackets {
    var random: RandomRules
    let family: AddressFamily
    let interfaces: InterfaceTable

    mutating func next(at hook: Hook) -> ConcretePacket {
        var (packet, bytes) = random.packet()
        adjust(&packet)
        var metadata = random.metadata(interfaces)
        let any = 1..<interfaces.count
        metadata.inInterface = hook == .output ? .none : id(any.randomElement(using: &random.random)!)
        let leaves = hook == .output || hook == .forward || hook == .postrouting
        metadata.outInterface = leaves ? id(any.randomElement(using: &random.random)!) : .none
        var flow = random.flow()
        flow.exists = flow.state == .new || flow.state == .established || flow.state == .related
        if !flow.exists { flow.status = [] }
        if flow.state == .new {
            flow.isReply = false
            flow.status.subtract([.seenReply, .expected])
        }
        if flow.state == .established { flow.status.insert(.seenReply) }
        return ConcretePacket(packet: packet, metadata: metadata, flow: flow, bytes: bytes)
    }

    private func id(_ number: Int) -> InterfaceID { InterfaceID(rawValue: UInt16(number)) }

    private mutating func adjust(_ packet: inout Packet) {
        if family == .ipv4 {
            packet.flags.subtract([.hasFragmentHeader, .brokenHeaderChain, .fragmentReservedBits])
            packet.identification &= 0xffff
        } else if packet.isFragment || packet.flags.contains(.fragmentReservedBits) {
            packet.flags.insert(.hasFragmentHeader)
        }
        packet.hopLimit = max(2, packet.hopLimit)
        let hasNone = packet.isLaterFragment || packet.flags.contains(.brokenHeaderChain)
        let number = packet.transportProtocol
        if hasNone {
            packet.flags.subtract([.hasPorts, .hasTransportHeader])
        } else if number.fixedHeaderLength == 0 {
            packet.flags.insert(.hasTransportHeader)
        } else if number.hasPorts, packet.flags.contains(.hasTransportHeader) {
            packet.flags.insert(.hasPorts)
        }
        let header = (family == .ipv4 ? 20 : 40) + (packet.flags.contains(.hasFragmentHeader) ? 8 : 0)
        packet.totalLength = max(packet.totalLength, UInt32(header + (hasNone ? 0 : 60)))
    }
}
