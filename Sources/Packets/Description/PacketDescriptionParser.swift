extension PacketDescription {
    /// Reads a packet in words.
    public init(parsing text: String) throws(PacketDescriptionError) {
        var parser = PacketDescriptionParser(text)
        self = try parser.parse()
    }
}

/// A word of the text and where it stands.
struct DescriptionWord {
    var text: String
    var range: Range<Int>

    func error(_ message: String, suggestion: String? = nil) -> PacketDescriptionError {
        PacketDescriptionError(range: range, message: message, suggestion: suggestion)
    }

    /// What stands behind the first `count` bytes.
    func dropFirst(_ count: Int) -> DescriptionWord {
        DescriptionWord(
            text: String(decoding: text.utf8.dropFirst(count), as: UTF8.self),
            range: range.lowerBound + count..<range.upperBound)
    }
}

struct PacketDescriptionParser {
    private var words: [DescriptionWord] = []
    private let end: Int
    private var next = 0
    private var totalLengthWord: DescriptionWord?

    init(_ text: String) {
        let bytes = Array(text.utf8)
        end = bytes.count
        var start: Int?
        for index in 0...bytes.count {
            let isBlank = index == bytes.count || bytes[index] == 0x20 || (0x09...0x0d).contains(bytes[index])
            if !isBlank {
                start = start ?? index
            } else if let begin = start {
                words.append(
                    DescriptionWord(
                        text: String(decoding: bytes[begin..<index], as: UTF8.self), range: begin..<index))
                start = nil
            }
        }
    }

    mutating func parse() throws(PacketDescriptionError) -> PacketDescription {
        let protocolWord = try take("a protocol, such as tcp, udp or icmp")
        let number = try parseProtocol(protocolWord)
        let sourceWord = try take("the source address")
        let (source, sourcePort) = try parseEndpoint(sourceWord)
        let arrow = try take("'>' and the destination")
        guard arrow.text == ">" else { throw arrow.error("expected '>' between source and destination") }
        let destinationWord = try take("the destination address")
        let (destination, destinationPort) = try parseEndpoint(destinationWord)
        guard source.family == destination.family else {
            throw destinationWord.error("source and destination are of different address families")
        }

        var packet = PacketDescription(number, source: source, destination: destination)
        // The name means the family's own ICMP; the number is taken at its word.
        if number == .icmp, source.family == .ipv6, protocolWord.text != "1" {
            packet.transportProtocol = .icmpv6
        }
        packet.sourcePort = sourcePort
        packet.destinationPort = destinationPort
        while next < words.count {
            let word = words[next]
            next += 1
            try parseWord(word, into: &packet)
        }
        try complete(&packet, sourceWord: sourceWord, destinationWord: destinationWord)
        return packet
    }

    private mutating func take(_ what: String) throws(PacketDescriptionError) -> DescriptionWord {
        guard next < words.count else {
            throw PacketDescriptionError(range: end..<end, message: "expected \(what)")
        }
        next += 1
        return words[next - 1]
    }

    private func parseProtocol(_ word: DescriptionWord) throws(PacketDescriptionError) -> IPProtocol {
        if let number = UInt8(word.text) { return IPProtocol(rawValue: number) }
        if let named = IPProtocol(name: word.text) { return named }
        throw word.error(
            "unknown protocol '\(word.text)'",
            suggestion: Spelling.closest(
                to: word.text,
                among: ["tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "gre", "esp", "ah"]))
    }

    /// `a.b.c.d`, `a.b.c.d:port`, `v6`, `[v6]`, `[v6]:port`.
    private func parseEndpoint(
        _ word: DescriptionWord
    ) throws(PacketDescriptionError) -> (IPAddress, UInt16?) {
        if let address = IPAddress(word.text) { return (address, nil) }
        let bytes = Array(word.text.utf8)
        let colon = UInt8(ascii: ":")
        let addressRange: Range<Int>
        var portStart: Int?
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else {
                throw word.error("'[' without ']'", suggestion: nil)
            }
            addressRange = 1..<close
            if close + 1 < bytes.count {
                guard bytes[close + 1] == colon else {
                    throw word.dropFirst(close + 1).error("expected ':' and a port behind ']'")
                }
                portStart = close + 2
            }
        } else if let split = bytes.lastIndex(of: colon) {
            addressRange = 0..<split
            portStart = split + 1
        } else {
            addressRange = 0..<bytes.count
        }
        let addressText = String(decoding: bytes[addressRange], as: UTF8.self)
        guard let address = IPAddress(addressText), bytes[0] != UInt8(ascii: "[") || address.family == .ipv6
        else {
            throw PacketDescriptionError(
                range: word.range.lowerBound + addressRange.lowerBound..<word.range.lowerBound
                    + addressRange.upperBound,
                message: "'\(addressText)' is no IPv4 or IPv6 address")
        }
        guard let portStart else { return (address, nil) }
        let portWord = word.dropFirst(portStart)
        guard let port = UInt16(portWord.text), portWord.text.first != "+" else {
            throw portWord.error("'\(portWord.text)' is no port (0 to 65535)")
        }
        return (address, port)
    }

    private mutating func parseWord(
        _ word: DescriptionWord, into packet: inout PacketDescription
    ) throws(PacketDescriptionError) {
        if word.text == "df" {
            guard packet.family == .ipv4 else { throw word.error("IPv6 has no 'df'") }
            packet.dontFragment = true
        } else if word.text == "cut" {
            packet.isHeaderCut = true
        } else if word.text == "len" {
            let value = try take("the packet's length in bytes")
            totalLengthWord = value
            packet.totalLength = try DescriptionKey.number(value, 0...UInt32(65535 + 40))
        } else if let equals = word.text.utf8.firstIndex(of: UInt8(ascii: "=")) {
            let keyLength = word.text.utf8.distance(from: word.text.startIndex, to: equals)
            let name = String(word.text[..<equals])
            guard let key = DescriptionKey(rawValue: name) else {
                throw PacketDescriptionError(
                    range: word.range.lowerBound..<word.range.lowerBound + keyLength,
                    message: "unknown key '\(name)'",
                    suggestion: Spelling.closest(to: name, among: DescriptionKey.allCases.map(\.rawValue)))
            }
            let value = word.dropFirst(keyLength + 1)
            if key == .len || key == .length { totalLengthWord = value }
            try key.read(value, into: &packet)
        } else if packet.transportProtocol == .tcp {
            guard packet.tcpFlags == nil, let flags = TCPFlags(letters: word.text) else {
                throw word.error(
                    packet.tcpFlags == nil
                        ? "'\(word.text)' is no set of TCP flags (letters of FSRPAUEC, or none)"
                        : "unexpected '\(word.text)'",
                    suggestion: packet.tcpFlags == nil
                        ? TCPFlags(letters: word.text.uppercased())?.letters : nil)
            }
            packet.tcpFlags = flags
        } else if packet.transportProtocol.isICMP, packet.icmpType == nil {
            try parseICMPType(word, into: &packet)
        } else {
            throw word.error(
                "unexpected '\(word.text)'",
                suggestion: Spelling.closest(to: word.text, among: ["len", "df", "cut"]))
        }
    }

    private func parseICMPType(
        _ word: DescriptionWord, into packet: inout PacketDescription
    ) throws(PacketDescriptionError) {
        let parts = word.text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let numbers = parts.map { UInt8(Substring($0)) }
        if parts.count <= 2, let type = numbers[0], let code = parts.count == 2 ? numbers[1] : 0 {
            packet.icmpType = type
            packet.icmpCode = code
            return
        }
        switch ICMPTypeNames.find(word.text, packet.icmpFamily) {
        case .found(let name) where name.name != "any":
            packet.icmpType = name.type
            packet.icmpCode = name.codes.lowerBound
        case .ambiguous(let one, let other):
            throw word.error("'\(word.text)' is ambiguous: \(one.name) or \(other.name)?")
        case .found, .unknown:
            throw word.error(
                "unknown ICMP type '\(word.text)'",
                suggestion: Spelling.closest(
                    to: word.text,
                    among: ICMPTypeNames.all(packet.icmpFamily).map(\.name).filter { $0 != "any" }))
        }
    }

    /// Fills in what wasn't said, and refuses what can't be.
    private func complete(
        _ packet: inout PacketDescription, sourceWord: DescriptionWord, destinationWord: DescriptionWord
    ) throws(PacketDescriptionError) {
        let isFirst = packet.fragmentOffset == 0
        if !isFirst { packet.isHeaderCut = false }
        let number = packet.transportProtocol
        for (port, word) in [(packet.sourcePort, sourceWord), (packet.destinationPort, destinationWord)] {
            if number.hasPorts && isFirst && port == nil && !packet.isHeaderCut {
                throw PacketDescriptionError(
                    range: word.range.upperBound..<word.range.upperBound,
                    message: "\(number) needs a port: ADDRESS:PORT, or [ADDRESS]:PORT for IPv6")
            }
            if port != nil && !(number.hasPorts && isFirst) {
                throw word.error(number.hasPorts ? "a later fragment has no ports" : "\(number) has no ports")
            }
        }
        guard (packet.sourcePort == nil) == (packet.destinationPort == nil) else {
            throw destinationWord.error("both addresses need a port, or neither")
        }
        if let totalLengthWord, let length = packet.totalLength {
            let maximum = packet.family == .ipv4 ? 65535 : 65575
            guard length >= packet.headersLength else {
                throw totalLengthWord.error(
                    "the headers alone take \(packet.headersLength) bytes (a packet without them is 'cut')")
            }
            guard length <= maximum else {
                throw totalLengthWord.error(
                    "an \(packet.family == .ipv4 ? "IPv4" : "IPv6") packet is at most \(maximum) bytes long")
            }
        }
        let hasHeader = isFirst && !packet.isHeaderCut
        if number == .tcp {
            packet.tcpFlags = hasHeader ? packet.tcpFlags ?? .syn : nil
        } else if number.isICMP {
            packet.icmpType = hasHeader ? packet.icmpType ?? (number == .icmp ? 8 : 128) : nil
            packet.icmpCode = hasHeader ? packet.icmpCode ?? 0 : nil
        }
        if packet.totalLength == UInt32(packet.headersLength) { packet.totalLength = nil }
    }
}
