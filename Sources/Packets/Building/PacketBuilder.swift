/// An IP packet, with or without an Ethernet frame around it, written out as bytes. Lengths and checksums are right
/// unless told to lie.
public struct PacketBuilder: Sendable {
    public var ethernet: EthernetFrame?
    /// Both of one family.
    public var source: IPAddress
    public var destination: IPAddress
    /// TTL, hop limit.
    public var hopLimit: UInt8 = 64
    /// TOS, traffic class.
    public var trafficClass: UInt8 = 0
    /// The low 16 bits for IPv4; in IPv6 it goes into the fragment header.
    public var identification: UInt32 = 0
    /// IPv4 only.
    public var dontFragment = false
    /// In IPv6, this or a fragment offset adds a fragment header behind `extensionHeaders`.
    public var moreFragments = false
    /// In units of 8 bytes; 13 bits.
    public var fragmentOffset: UInt16 = 0
    /// IPv4 options, padded with zeros to a multiple of 4 bytes; at most 40.
    public var ipv4Options: [UInt8] = []
    public var extensionHeaders: [Extension] = []
    public var transport: Transport

    /// The IPv4 total length or IPv6 payload length to write in place of the right one.
    public var lengthField: UInt16?
    /// The IPv4 header checksum to write in place of the right one.
    public var headerChecksum: UInt16?
    /// The upper layer's checksum field to write in place of the right one, for protocols that have one of 16 bits.
    public var transportChecksum: UInt16?
    /// The IPv4 protocol field, or the last next-header field, to write in place of the transport's number.
    public var protocolField: UInt8?

    public init(source: IPAddress, destination: IPAddress, _ transport: Transport) {
        precondition(source.family == destination.family)
        self.source = source
        self.destination = destination
        self.transport = transport
    }

    public struct EthernetFrame: Sendable {
        public var source: MACAddress
        public var destination: MACAddress
        /// VLAN ids, the outermost first.
        public var vlans: [UInt16]

        public init(source: MACAddress, destination: MACAddress, vlans: [UInt16] = []) {
            self.source = source
            self.destination = destination
            self.vlans = vlans
        }
    }

    /// An IPv6 extension header.
    public struct Extension: Sendable {
        public var number: UInt8
        /// What follows its next-header and length bytes, padded with zeros to what the header's unit asks for. A
        /// fragment header's body is reserved (in place of the length) to identification: 7 bytes.
        public var body: [UInt8]
        /// The length byte to write in place of the right one.
        public var lengthField: UInt8?

        public init(_ number: UInt8, body: [UInt8] = [], lengthField: UInt8? = nil) {
            self.number = number
            self.body = body
            self.lengthField = lengthField
        }

        fileprivate func bytes(next: UInt8) -> [UInt8] {
            if number == ExtensionHeader.fragment {
                return ([next] + body + repeatElement(0, count: 7)).prefix(8) + []
            }
            var bytes = [next, 0] + body
            while bytes.count % 8 != 0 || bytes.isEmpty { bytes.append(0) }
            let field =
                number == ExtensionHeader.authentication ? bytes.count / 4 - 2 : bytes.count / 8 - 1
            bytes[1] = lengthField ?? UInt8(truncatingIfNeeded: field)
            return bytes
        }
    }

    /// The packet's bytes: the Ethernet frame if there is one, else the IP packet.
    public func bytes() -> [UInt8] {
        var bytes = frameHeader()
        let segment = transport.bytes(
            source: source.bits, destination: destination.bits, checksum: transportChecksum)
        let transportNumber = protocolField ?? transport.number.rawValue
        if source.family == .ipv4 {
            bytes += ipv4Header(payloadLength: segment.count, protocol: transportNumber)
        } else {
            bytes += ipv6Headers(payloadLength: segment.count, last: transportNumber)
        }
        return bytes + segment
    }

    private func frameHeader() -> [UInt8] {
        guard let ethernet else { return [] }
        var bytes: [UInt8] = []
        bytes.append(bigEndian: ethernet.destination.bits, bytes: 6)
        bytes.append(bigEndian: ethernet.source.bits, bytes: 6)
        for (index, vlan) in ethernet.vlans.enumerated() {
            let isInnermost = index == ethernet.vlans.count - 1
            bytes.append(bigEndian: UInt64(isInnermost ? EtherType.vlan : EtherType.serviceVLAN), bytes: 2)
            bytes.append(bigEndian: UInt64(vlan), bytes: 2)
        }
        let type = source.family == .ipv4 ? EtherType.ipv4 : EtherType.ipv6
        bytes.append(bigEndian: UInt64(type), bytes: 2)
        return bytes
    }

    private func ipv4Header(payloadLength: Int, protocol number: UInt8) -> [UInt8] {
        var options = ipv4Options
        while options.count % 4 != 0 { options.append(0) }
        precondition(options.count <= 40)
        let length = lengthField ?? UInt16(truncatingIfNeeded: 20 + options.count + payloadLength)
        var fragment = fragmentOffset & 0x1fff
        if dontFragment { fragment |= 0x4000 }
        if moreFragments { fragment |= 0x2000 }
        var bytes: [UInt8] = [0x45 + UInt8(options.count / 4), trafficClass]
        bytes.append(bigEndian: UInt64(length), bytes: 2)
        bytes.append(bigEndian: UInt64(identification & 0xffff), bytes: 2)
        bytes.append(bigEndian: UInt64(fragment), bytes: 2)
        bytes += [hopLimit, number, 0, 0]
        bytes.append(bigEndian: UInt64(truncatingIfNeeded: source.bits), bytes: 4)
        bytes.append(bigEndian: UInt64(truncatingIfNeeded: destination.bits), bytes: 4)
        bytes += options
        let sum = InternetChecksum.sum(bytes.span.bytes, from: 0, count: bytes.count)
        bytes.set(headerChecksum ?? ~InternetChecksum.fold(sum), at: 10)
        return bytes
    }

    private func ipv6Headers(payloadLength: Int, last: UInt8) -> [UInt8] {
        var headers = extensionHeaders
        if moreFragments || fragmentOffset != 0 {
            var body: [UInt8] = [0]
            body.append(bigEndian: UInt64(fragmentOffset << 3 | (moreFragments ? 1 : 0)), bytes: 2)
            body.append(bigEndian: UInt64(identification), bytes: 4)
            headers.append(Extension(ExtensionHeader.fragment, body: body))
        }
        var chain: [UInt8] = []
        for (index, header) in headers.enumerated() {
            chain += header.bytes(next: index + 1 < headers.count ? headers[index + 1].number : last)
        }
        let length = lengthField ?? UInt16(truncatingIfNeeded: chain.count + payloadLength)
        var bytes: [UInt8] = []
        bytes.append(bigEndian: 6 << 28 | UInt64(trafficClass) << 20, bytes: 4)
        bytes.append(bigEndian: UInt64(length), bytes: 2)
        bytes += [headers.first?.number ?? last, hopLimit]
        for address in [source, destination] {
            bytes.append(bigEndian: UInt64(truncatingIfNeeded: address.bits >> 64), bytes: 8)
            bytes.append(bigEndian: UInt64(truncatingIfNeeded: address.bits), bytes: 8)
        }
        return bytes + chain
    }
}

extension [UInt8] {
    /// Appends the low bytes of a number, the most significant first.
    package mutating func append(bigEndian value: UInt64, bytes count: Int) {
        for index in (0..<count).reversed() { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    /// Writes a number in network byte order.
    package mutating func set(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
