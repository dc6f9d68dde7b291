/// Ethernet II and IEEE 802.3, and what an EtherType leads to, whoever carries it.
enum EthernetLink {
    @inline(__always)
    static func decode(_ bytes: RawSpan, at offset: Int, into header: inout LinkHeader) {
        guard bytes.byteCount >= offset + 14 else {
            header.content = .truncated
            return
        }
        let destination = MACAddress(bits: bytes.uint64(at: offset) >> 16)
        let sourceAndType = bytes.uint64(at: offset + 6)
        header.hasMACs = true
        header.destinationMAC = destination
        header.sourceMAC = MACAddress(bits: sourceAndType >> 16)
        header.packetType =
            !destination.isMulticast ? .host : destination == .broadcast ? .broadcast : .multicast
        let type = UInt16(truncatingIfNeeded: sourceAndType)
        if type == EtherType.ipv4 {
            header.etherType = type
            header.content = .ipv4
            header.networkOffset = UInt32(truncatingIfNeeded: offset + 14)
        } else if type < 0x0600 {
            LLCLink.decode(bytes, at: offset + 14, into: &header)
        } else {
            decode(type: type, bytes, at: offset + 14, into: &header)
        }
    }

    /// - Parameter offset: where the payload of that type begins.
    static func decode(type: UInt16, _ bytes: RawSpan, at offset: Int, into header: inout LinkHeader) {
        var type = type
        var offset = offset
        var tags = 0
        while EtherType.isVLANTag(type) {
            guard bytes.byteCount >= offset + 4 else {
                header.content = .truncated
                return
            }
            guard tags < LinkLayer.maximumTags else {
                header.content = .tooManyTags
                return
            }
            let vlan = bytes.uint16(at: offset) & 0x0fff
            if tags == 0 { header.vlan = vlan } else if tags == 1 { header.innerVLAN = vlan }
            type = bytes.uint16(at: offset + 2)
            offset += 4
            tags += 1
        }
        header.etherType = type
        header.networkOffset = UInt32(truncatingIfNeeded: offset)
        switch type {
        case EtherType.ipv4: header.content = .ipv4
        case EtherType.ipv6: header.content = .ipv6
        case EtherType.arp: header.content = .arp
        case EtherType.mplsUnicast, EtherType.mplsMulticast: MPLSLink.decode(bytes, at: offset, into: &header)
        case EtherType.pppoeSession: PPPLink.decodeSession(bytes, at: offset, into: &header)
        case EtherType.pppoeDiscovery: header.content = .pppControl
        case 0..<0x0600: LLCLink.decode(bytes, at: offset, into: &header)
        default: header.content = .otherEtherType
        }
    }
}

/// https://www.iana.org/assignments/ieee-802-numbers
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let ipv6: UInt16 = 0x86dd
    static let mplsUnicast: UInt16 = 0x8847
    static let mplsMulticast: UInt16 = 0x8848
    static let pppoeDiscovery: UInt16 = 0x8863
    static let pppoeSession: UInt16 = 0x8864
    static let vlan: UInt16 = 0x8100
    static let serviceVLAN: UInt16 = 0x88a8

    /// 802.1Q, 802.1ad, and what was used for the outer tag before that.
    static func isVLANTag(_ type: UInt16) -> Bool { type == vlan || type == serviceVLAN || type == 0x9100 }
}
