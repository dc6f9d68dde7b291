import Packets

/// What of a packet a set compares (the `_kadt` functions of `net/netfilter/ipset/`).
struct PacketElement {
    var element = SetElement()
    var mac: MACAddress?
    /// Of `hash:net,iface`.
    var interface = InterfaceID.none

    /// Nil for a packet that has no such element; the kernel then answers that it isn't in the set.
    init?(
        _ type: SetType, _ options: SetOptions, _ directions: SetDirections, _ packet: borrowing Packet,
        _ metadata: borrowing PacketMetadata
    ) {
        var addresses = 0
        for (index, component) in type.components.enumerated() {
            let isSource = directions.isSource(index)
            switch component {
            case .address, .network:
                let bits = isSource ? packet.source : packet.destination
                if addresses == 0 { element.address = bits } else { element.second = bits }
                addresses += 1
            case .protocolPort, .port:
                guard let (transportProtocol, port) = PacketElement.port(packet, isSource: isSource) else {
                    return nil
                }
                element.port = port
                if component == .port {
                    guard transportProtocol == .tcp || transportProtocol == .udp else { return nil }
                } else {
                    element.transportProtocol = transportProtocol
                }
            case .mac:
                let address = isSource ? metadata.sourceMAC : metadata.destinationMAC
                guard metadata.hasMACs, address.bits != 0 else { return nil }
                if type == .bitmapIPMAC { mac = address } else { element.tag = address.bits }
            case .mark: element.tag = UInt64(metadata.mark & options.markMask)
            case .interface:
                interface = isSource ? metadata.inInterface : metadata.outInterface
                guard interface != .none else { return nil }
            case .set: return nil
            }
        }
        guard keep(type, options) else { return nil }
    }

    /// Masks the addresses as the set's options say, and finds out whether the set can hold them at all.
    private mutating func keep(_ type: SetType, _ options: SetOptions) -> Bool {
        switch type {
        case .bitmapIP, .bitmapIPMAC:
            guard let range = options.addresses, let address = UInt32(exactly: element.address),
                range.contains(address)
            else { return false }
            element.address &= options.addressMask
        case .bitmapPort: return options.ports?.contains(element.port) ?? false
        case .hashIP, .hashIPPort:
            element.address &= options.addressMask
            return element.address != 0
        case .hashNetNet:
            element.address &= options.addressMask
            element.second &= options.addressMask
        default: break
        }
        return true
    }

    /// `ip_set_get_ip4_port` and `ip_set_get_ip6_port` (`ip_set_getport.c`): protocol and port, type and code of
    /// ICMP, or 0 for a protocol that has neither. Nil where the header isn't there.
    private static func port(_ packet: borrowing Packet, isSource: Bool) -> (IPProtocol, UInt16)? {
        let transportProtocol = packet.transportProtocol
        if packet.family == .ipv6 {
            guard !packet.flags.contains(.brokenHeaderChain), !packet.isLaterFragment,
                transportProtocol != .ipv6NoNext
            else { return nil }
        } else if transportProtocol.rawValue == 0 {
            return nil
        }
        switch transportProtocol {
        case .tcp, .udp, .udpLite, .sctp:
            guard packet.flags.contains(.hasTransportHeader) else { return nil }
            return (transportProtocol, isSource ? packet.sourcePort : packet.destinationPort)
        case .icmp, .icmpv6:
            // Of a later fragment the kernel would take payload for ICMPv6's type, where IPv4 carries it.
            guard packet.flags.contains(.hasTransportHeader) else { return nil }
            return (transportProtocol, UInt16(packet.icmpType) << 8 | UInt16(packet.icmpCode))
        default: return (transportProtocol, 0)
        }
    }
}
