import Packets
import TestSupport

/// A packet as a measurement's line describes it.
struct MeasuredPacket {
    var bytes: [UInt8]
    var group: MACAddress?

    /// - Parameters:
    ///   - words: those of `PacketDescription` and those of this type, or `hex` and digits.
    ///   - packets: the bytes of earlier packets of the case, as they were sent.
    init(_ words: String, after packets: [[UInt8]]) throws {
        if words.hasPrefix("hex ") {
            bytes = TestSupport.bytes(hex: String(words.dropFirst(4)))
            return
        }
        var plain: [String] = []
        var own: [String: String] = [:]
        for word in words.split(separator: " ").map(String.init) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            if MeasuredPacket.ownWords.contains(parts[0]) {
                own[parts[0]] = parts.count > 1 ? parts[1] : ""
            } else {
                plain.append(word)
            }
        }
        let description = try PacketDescription(parsing: plain.joined(separator: " "))
        group = description.destinationMAC
        var payload = try own["data"].map { try MeasuredPacket.data($0) }
        if let quoted = own["quotes"] {
            let parts = quoted.split(separator: ":").compactMap { Int($0) }
            payload = packets[parts[0] - 1]
            if parts.count > 1 { payload = Array(packets[parts[0] - 1].prefix(parts[1])) }
        }
        bytes = try MeasuredPacket.build(description, own, payload)
    }

    private static let ownWords: Set<String> = [
        "badsum", "nosum", "data", "tcpopt", "doff", "ulen", "icmpid", "icmpseq", "mtu", "ipopt", "cut",
        "iplen", "ipsum", "padding", "quotes", "urg",
    ]

    /// `0a0b*3,00*5`: the bytes 0a 0b 0b 0b, then five zeros.
    private static func data(_ text: String) throws -> [UInt8] {
        try text.split(separator: ",").flatMap { piece -> [UInt8] in
            let parts = piece.split(separator: "*")
            let bytes = TestSupport.bytes(hex: String(parts[0]))
            guard parts.count > 1, let last = bytes.last else { return bytes }
            guard let count = Int(parts[1]) else { throw Measurement.Failure(text: text) }
            return bytes.dropLast() + Array(repeating: last, count: count)
        }
    }

    private static func build(
        _ description: PacketDescription, _ own: [String: String], _ payload: [UInt8]?
    ) throws -> [UInt8] {
        func number(_ name: String) -> Int? { own[name].flatMap { Int($0) } }
        let length = Int(description.totalLength ?? UInt32(description.headersLength))
        let zeros = [UInt8](repeating: 0, count: max(0, length - description.headersLength))
        var builder = PacketBuilder(
            source: description.source, destination: description.destination,
            try transport(description, own, payload ?? zeros))
        builder.hopLimit = description.hopLimit
        builder.trafficClass = description.trafficClass
        builder.identification = description.identification
        builder.dontFragment = description.dontFragment
        builder.moreFragments = description.moreFragments
        builder.fragmentOffset = description.fragmentOffset
        if let options = own["ipopt"] { builder.ipv4Options = try data(options) }
        if own["badsum"] != nil { builder.transportChecksum = 0x1234 }
        if own["nosum"] != nil { builder.transportChecksum = 0 }
        if let length = number("iplen") { builder.lengthField = UInt16(length) }
        if let sum = own["ipsum"] { builder.headerChecksum = UInt16(sum, radix: 16) }
        if let left = number("cut") {
            let whole = builder.bytes()
            let header = whole[0] >> 4 == 4 ? Int(whole[0] & 15) * 4 : 40
            builder.transport = .other(
                description.transportProtocol, Array(whole.dropFirst(header).prefix(left)))
        }
        return builder.bytes() + [UInt8](repeating: 0, count: number("padding") ?? 0)
    }

    private static func transport(
        _ description: PacketDescription, _ own: [String: String], _ payload: [UInt8]
    ) throws -> PacketBuilder.Transport {
        guard description.fragmentOffset == 0 else { return .other(description.transportProtocol, payload) }
        let (source, destination) = (description.sourcePort ?? 0, description.destinationPort ?? 0)
        func number(_ name: String) -> Int? { own[name].flatMap { Int($0) } }
        switch description.transportProtocol {
        case .tcp:
            var segment = PacketBuilder.TCPSegment(
                from: source, to: destination, flags: description.tcpFlags ?? [],
                sequence: description.tcpSequence ?? 0,
                acknowledgement: description.tcpAcknowledgement ?? 0,
                window: description.tcpWindow ?? 65535, payload: payload)
            if let options = own["tcpopt"] { segment.options = try data(options) }
            segment.dataOffset = number("doff").map { UInt8($0) }
            segment.urgentPointer = UInt16(number("urg") ?? 0)
            return .tcp(segment)
        case .udp, .udpLite:
            var datagram = PacketBuilder.UDPDatagram(from: source, to: destination, payload: payload)
            datagram.lengthField = number("ulen").map { UInt16($0) }
            return description.transportProtocol == .udp ? .udp(datagram) : .udpLite(datagram)
        case .icmp, .icmpv6:
            let rest =
                UInt32(number("icmpid") ?? 0) << 16 | UInt32(number("icmpseq") ?? 0)
                | UInt32(number("mtu") ?? 0)
            let message = PacketBuilder.ICMPMessage(
                type: description.icmpType ?? 0, code: description.icmpCode ?? 0, rest: rest, payload: payload
            )
            return description.transportProtocol == .icmp ? .icmp(message) : .icmpv6(message)
        case .sctp:
            return .sctp(PacketBuilder.SCTPPacket(from: source, to: destination, chunks: payload))
        default: return .other(description.transportProtocol, payload)
        }
    }
}
