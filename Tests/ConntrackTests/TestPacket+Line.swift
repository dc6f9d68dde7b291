import Packets

/// Addresses as `Scripts/conntrack-goldens.py` names them.
private func address(_ name: String, _ family: AddressFamily) -> UInt128 {
    let documentation: UInt128 = 0x2001_0db8 << 96
    return switch (family, name) {
    case (.ipv4, "client"): 0xc633_6407
    case (.ipv4, "server"): 0x0a00_0005
    case (.ipv4, "other"): 0xc633_6408
    case (.ipv4, _): 0xc000_02fe
    case (.ipv6, "client"): documentation | 9 << 80 | 7
    case (.ipv6, "server"): documentation | 2 << 80 | 5
    case (.ipv6, "other"): documentation | 9 << 80 | 8
    case (.ipv6, "link-local"): 0xfe80 << 112 | 1
    case (.ipv6, "all-nodes"): 0xff02 << 112 | 1
    case (.ipv6, _): documentation | 1 << 80 | 0xfe
    }
}

extension TestPacket {
    /// The packet that a transcript's line describes.
    /// - Parameter quotable: the last packet of the direction that the line's `quotes=` names.
    init(_ line: PacketLine, quotable: (String) -> [UInt8]) {
        let ends = line.isFromClient ? ("client", "server") : ("server", "client")
        let source = address(line.text("from") ?? ends.0, line.family)
        let destination = address(line.text("to") ?? ends.1, line.family)
        let ports =
            line.isFromClient
            ? be16(Int(line.ports.client)) + be16(Int(line.ports.server))
            : be16(Int(line.ports.server)) + be16(Int(line.ports.client))

        var number = IPProtocol.tcp
        var transport: [UInt8]
        switch line.words[0] {
        case "udp", "udplite":
            let isUDP = line.words[0] == "udp"
            number = isUDP ? .udp : .udpLite
            let data = line.number("len", default: 8)
            let length = line.number("ulen", default: isUDP ? 8 + data : 0)
            let checksum = line.has("nosum") ? 0 : 0x1234
            transport = ports + be16(length) + be16(checksum) + [UInt8](repeating: 0x78, count: data)
        case "icmp":
            number = line.family == .ipv4 ? .icmp : .icmpv6
            transport = TestPacket.icmp(line, quotable)
        case "sctp":
            number = .sctp
            transport =
                ports + be32(UInt32(line.number("tag", default: 0))) + be32(0) + TestPacket.chunks(line)
        case "proto":
            number = IPProtocol(rawValue: UInt8(line.words[1]) ?? 0)
            transport = [UInt8](repeating: 0x78, count: line.number("len", default: 8))
            if let hex = line.text("hex") {
                let digits = Array(hex)
                transport = stride(from: 0, to: digits.count, by: 2).map {
                    UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0
                }
            }
        default:
            transport = TestPacket.tcp(line, ports)
        }
        if line.text("cut") != nil { transport = Array(transport.prefix(line.number("cut", default: 0))) }
        self.init(
            family: line.family, number, from: source, to: destination, transport: transport,
            hopLimit: UInt8(line.number("hops", default: 64)))
        hasBadChecksum = line.has("badsum") || (number == .udpLite && !line.has("udpsum"))
    }

    private static func tcp(_ line: PacketLine, _ ports: [UInt8]) -> [UInt8] {
        let numbers = line.words[1].split(separator: "/").map { UInt32($0) ?? 0 }
        var options: [UInt8] = []
        if line.text("ws") != nil { options += [3, 3, UInt8(line.number("ws", default: 0)), 1] }
        if line.has("sackok") { options += [1, 1, 4, 2] }
        if line.has("ts") { options += [1, 1, 8, 10] + [UInt8](repeating: 0, count: 8) }
        if let edges = line.text("sack")?.split(separator: "-") {
            options += [1, 1, 5, 10] + edges.flatMap { be32(UInt32($0) ?? 0) }
        }
        let letters = Array("FSRPAUEC")
        let flags = line.words[0].reduce(UInt8(0)) { flags, letter in
            letters.firstIndex(of: letter).map { flags | 1 << UInt8($0) } ?? flags
        }
        let offset = UInt8(line.number("doff", default: 5 + options.count / 4))
        return ports + be32(numbers[0]) + be32(numbers.count > 1 ? numbers[1] : 0)
            + [offset << 4, flags] + be16(line.number("win", default: 65535)) + [0, 0, 0, 0] + options
            + [UInt8](repeating: 0x78, count: line.number("len", default: 0))
    }

    private static func icmp(_ line: PacketLine, _ quotable: (String) -> [UInt8]) -> [UInt8] {
        let kind = line.words[1].split(separator: "/").map { UInt8($0) ?? 0 }
        var data = [UInt8](repeating: 0x78, count: line.number("len", default: 8))
        if let direction = line.text("quotes") {
            data = Array(quotable(direction).prefix(line.number("quote", default: 1000)))
        }
        if kind[0] == 137 {  // the quoted packet in a redirected header option
            data += [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
            data = [UInt8](repeating: 0, count: 32) + [4, UInt8(1 + data.count / 8), 0, 0, 0, 0, 0, 0] + data
        }
        return [kind[0], kind.count > 1 ? kind[1] : 0, 0, 0] + be16(line.number("id", default: 0))
            + be16(line.number("seq", default: 0)) + data
    }

    private static func chunks(_ line: PacketLine) -> [UInt8] {
        (line.text("chunks") ?? "").split(separator: ",").flatMap { chunk -> [UInt8] in
            let parts = chunk.split(separator: ":").map { UInt8($0) ?? 0 }
            var body = Array("abcd".utf8)
            if parts[0] == 1 || parts[0] == 2 {
                body = be32(UInt32(line.number("itag", default: 0))) + be32(65535) + [0, 1, 0, 1] + be32(1)
            }
            return [parts[0], parts.count > 1 ? parts[1] : 0] + be16(4 + body.count) + body
        }
    }
}
