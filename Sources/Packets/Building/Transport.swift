extension PacketBuilder {
    /// The upper layer of a packet to build.
    public enum Transport: Sendable {
        case tcp(TCPSegment)
        case udp(UDPDatagram)
        /// The UDP-Lite checksum covers everything.
        case udpLite(UDPDatagram)
        case icmp(ICMPMessage)
        case icmpv6(ICMPMessage)
        case sctp(SCTPPacket)
        /// Whatever it is, as it is.
        case other(IPProtocol, [UInt8])
    }

    public struct TCPSegment: Sendable {
        public var sourcePort: UInt16
        public var destinationPort: UInt16
        public var flags: TCPFlags
        public var sequence: UInt32
        public var acknowledgement: UInt32
        public var window: UInt16
        public var urgentPointer: UInt16
        /// Padded with zeros to a multiple of 4 bytes; at most 40.
        public var options: [UInt8]
        public var payload: [UInt8]
        /// The data offset (0 to 15, in units of 4 bytes) to write in place of the right one.
        public var dataOffset: UInt8?

        public init(
            from sourcePort: UInt16, to destinationPort: UInt16, flags: TCPFlags, sequence: UInt32 = 0,
            acknowledgement: UInt32 = 0, window: UInt16 = 65535, options: [UInt8] = [], payload: [UInt8] = []
        ) {
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
            self.flags = flags
            self.sequence = sequence
            self.acknowledgement = acknowledgement
            self.window = window
            urgentPointer = 0
            self.options = options
            self.payload = payload
        }

        fileprivate func bytes() -> [UInt8] {
            var options = options
            while options.count % 4 != 0 { options.append(0) }
            precondition(options.count <= 40)
            var bytes: [UInt8] = []
            bytes.append(bigEndian: UInt64(sourcePort), bytes: 2)
            bytes.append(bigEndian: UInt64(destinationPort), bytes: 2)
            bytes.append(bigEndian: UInt64(sequence), bytes: 4)
            bytes.append(bigEndian: UInt64(acknowledgement), bytes: 4)
            bytes += [(dataOffset ?? UInt8(5 + options.count / 4)) << 4, flags.rawValue]
            bytes.append(bigEndian: UInt64(window), bytes: 2)
            bytes += [0, 0]
            bytes.append(bigEndian: UInt64(urgentPointer), bytes: 2)
            return bytes + options + payload
        }
    }

    public struct UDPDatagram: Sendable {
        public var sourcePort: UInt16
        public var destinationPort: UInt16
        public var payload: [UInt8]
        /// The length field to write in place of the right one; for UDP-Lite, the coverage.
        public var lengthField: UInt16?

        public init(from sourcePort: UInt16, to destinationPort: UInt16, payload: [UInt8] = []) {
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
            self.payload = payload
        }

        fileprivate func bytes(length: UInt16) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.append(bigEndian: UInt64(sourcePort), bytes: 2)
            bytes.append(bigEndian: UInt64(destinationPort), bytes: 2)
            bytes.append(bigEndian: UInt64(lengthField ?? length), bytes: 2)
            return bytes + [0, 0] + payload
        }
    }

    public struct ICMPMessage: Sendable {
        public var type: UInt8
        public var code: UInt8
        /// The four bytes behind the checksum: identifier and sequence number, MTU, gateway …
        public var rest: UInt32
        /// For an error: the packet it is about, from its IP header on.
        public var payload: [UInt8]

        public init(type: UInt8, code: UInt8 = 0, rest: UInt32 = 0, payload: [UInt8] = []) {
            self.type = type
            self.code = code
            self.rest = rest
            self.payload = payload
        }

        fileprivate func bytes() -> [UInt8] {
            var bytes: [UInt8] = [type, code, 0, 0]
            bytes.append(bigEndian: UInt64(rest), bytes: 4)
            return bytes + payload
        }
    }

    public struct SCTPPacket: Sendable {
        public var sourcePort: UInt16
        public var destinationPort: UInt16
        public var verificationTag: UInt32
        public var chunks: [UInt8]

        public init(
            from sourcePort: UInt16, to destinationPort: UInt16, verificationTag: UInt32 = 0, chunks: [UInt8]
        ) {
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
            self.verificationTag = verificationTag
            self.chunks = chunks
        }

        fileprivate func bytes() -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.append(bigEndian: UInt64(sourcePort), bytes: 2)
            bytes.append(bigEndian: UInt64(destinationPort), bytes: 2)
            bytes.append(bigEndian: UInt64(verificationTag), bytes: 4)
            bytes += [0, 0, 0, 0] + chunks
            let checksum = CRC32c.checksum(bytes.span.bytes, from: 0, count: bytes.count, zeroed: 8)
            for index in 0..<4 { bytes[8 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
            return bytes
        }
    }
}

extension PacketBuilder.Transport {
    public var number: IPProtocol {
        switch self {
        case .tcp: .tcp
        case .udp: .udp
        case .udpLite: .udpLite
        case .icmp: .icmp
        case .icmpv6: .icmpv6
        case .sctp: .sctp
        case .other(let number, _): number
        }
    }

    /// Header and payload. `checksum` is what to write in place of the right one.
    func bytes(source: UInt128, destination: UInt128, checksum: UInt16?) -> [UInt8] {
        var bytes =
            switch self {
            case .tcp(let segment): segment.bytes()
            case .udp(let datagram):
                datagram.bytes(length: UInt16(truncatingIfNeeded: 8 + datagram.payload.count))
            case .udpLite(let datagram): datagram.bytes(length: 0)
            case .icmp(let message), .icmpv6(let message): message.bytes()
            case .sctp(let packet): packet.bytes()
            case .other(_, let bytes): bytes
            }
        switch self {
        case .sctp, .other: return bytes
        default: break
        }
        guard let field = number.checksumOffset else { return bytes }
        var sum = InternetChecksum.sum(bytes.span.bytes, from: 0, count: bytes.count)
        if number != .icmp {
            sum &+= InternetChecksum.pseudoHeaderSum(
                source: source, destination: destination, number, length: bytes.count)
        }
        var value = ~InternetChecksum.fold(sum)
        // Zero would mean "none"; its other form is the same number.
        if value == 0 && (number == .udp || number == .udpLite) { value = 0xffff }
        bytes.set(checksum ?? value, at: field)
        return bytes
    }
}
