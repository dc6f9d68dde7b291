/// Linux cooked captures (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and …_SLL2.html).
enum LinuxCookedLink {
    static func decodeVersion1(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 16 else {
            header.content = .truncated
            return
        }
        setPacketType(bytes.uint16(at: 0), in: &header)
        if bytes.uint16(at: 4) == 6 { header.sourceMAC = MACAddress(bits: bytes.uint64(at: 6) >> 16) }
        decode(protocol: bytes.uint16(at: 14), bytes, at: 16, into: &header)
    }

    static func decodeVersion2(_ bytes: RawSpan, into header: inout LinkHeader) {
        guard bytes.byteCount >= 20 else {
            header.content = .truncated
            return
        }
        header.interfaceIndex = bytes.uint32(at: 4)
        setPacketType(UInt16(bytes.byte(at: 10)), in: &header)
        if bytes.byte(at: 11) == 6 { header.sourceMAC = MACAddress(bits: bytes.uint64(at: 12) >> 16) }
        decode(protocol: bytes.uint16(at: 0), bytes, at: 20, into: &header)
    }

    private static func setPacketType(_ value: UInt16, in header: inout LinkHeader) {
        guard let type = UInt8(exactly: value).flatMap(PacketType.init(rawValue:)) else { return }
        header.packetType = type
        header.direction = type == .outgoing ? .outbound : .inbound
    }

    /// The protocol is an EtherType, or a small number of `linux/if_ether.h`, of which 4 is 802.2.
    private static func decode(
        protocol number: UInt16, _ bytes: RawSpan, at offset: Int, into header: inout LinkHeader
    ) {
        switch number {
        case 4: LLCLink.decode(bytes, at: offset, into: &header)
        case 0x0600...: EthernetLink.decode(type: number, bytes, at: offset, into: &header)
        default:
            header.etherType = number
            header.content = .otherEtherType
        }
    }
}
