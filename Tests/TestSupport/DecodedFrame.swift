public import Packets

/// A frame's bytes with what the decoder made of them.
public struct DecodedFrame {
    public var bytes: [UInt8]
    public var content: FrameContent
    public var link: LinkHeader
    public var packet: Packet

    /// - Parameter originalLength: the frame's length on the wire; nil if the capture holds all of it.
    public init(
        _ bytes: [UInt8], _ linkType: LinkType = .ethernet, originalLength: Int? = nil,
        decoder: PacketDecoder = PacketDecoder()
    ) {
        self.bytes = bytes
        link = LinkHeader()
        packet = Packet(family: .ipv4)
        let frame = Frame(
            timestamp: Timestamp(nanoseconds: 0), originalLength: UInt32(originalLength ?? bytes.count),
            linkType: linkType)
        content = decoder.decode(frame, bytes.span.bytes, link: &link, packet: &packet)
    }

    /// The packet that the words describe, without link header.
    public init(words: String) throws {
        self.init(try PacketDescription(parsing: words).bytes(), .raw)
    }

    public var malformation: Malformation? {
        if case .malformed(let malformation) = content { malformation } else { nil }
    }

    public var isPacket: Bool {
        if case .packet = content { true } else { false }
    }

    public var tcpOptions: TCPOptions? { packet.tcpOptions(bytes.span.bytes) }

    public func findTCPOption(_ kind: UInt8) -> TCPOptionPresence {
        packet.findTCPOption(kind, bytes.span.bytes)
    }

    public var checksum: TransportChecksum { packet.verifyTransportChecksum(bytes.span.bytes) }
}

/// Bytes from hexadecimal digits; blanks and newlines don't matter.
public func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    precondition(digits.count % 2 == 0)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
