internal import Packets

/// A whole message (RFC 1035, 4), read strictly: one question, nothing cut off, nothing left over.
struct DNSMessage: Sendable {
    struct Question: Hashable, Sendable {
        var name: DNSName
        var type: UInt16
        var `class`: UInt16
    }

    struct Answer: Sendable {
        var name: DNSName
        var type: UInt16
        /// In presentation format; `\# LENGTH HEX` (RFC 3597) where there is none here.
        var text: String
        /// Of A and AAAA.
        var address: IPAddress?
    }

    static let headerLength = 12

    var id: UInt16
    var flags: UInt16
    /// Nil only in the later messages of a zone's transfer (RFC 5936, 2.2).
    var question: Question?
    /// Octets of the question.
    var questionLength = 0
    var answers: [Answer] = []

    var isResponse: Bool { flags & 0x8000 != 0 }
    var opcode: UInt16 { flags >> 11 & 15 }
    var isTruncated: Bool { flags & 0x0200 != 0 }

    /// Whether the bytes can be a query's first: as far as they are there, what the header says makes sense.
    static func looksLikeQuery(_ message: ArraySlice<UInt8>) -> Bool {
        func number(_ index: Int) -> UInt16? {
            let place = message.startIndex + index
            return place + 1 < message.endIndex
                ? UInt16(message[place]) << 8 | UInt16(message[place + 1]) : nil
        }
        // QR and RCODE are zero; RFC 6895, 2.2, assigns no more opcodes.
        if let flags = number(2) {
            guard flags & 0x800f == 0, flags >> 11 & 15 <= 6 else { return false }
        }
        return (2..<6).allSatisfy { number($0 * 2).map { $0 <= 8 } ?? true }
    }

    init?(_ message: ArraySlice<UInt8>) {
        guard message.count >= DNSMessage.headerLength else { return nil }
        var position = message.startIndex
        func number() -> UInt16? {
            guard position + 1 < message.endIndex else { return nil }
            defer { position += 2 }
            return UInt16(message[position]) << 8 | UInt16(message[position + 1])
        }
        guard let id = number(), let flags = number(), let questions = number(), let answerCount = number(),
            let authorityCount = number(), let additionalCount = number(), questions <= 1
        else { return nil }
        self.id = id
        self.flags = flags
        if questions == 1 {
            guard let name = DNSName(message, &position), let type = number(), let `class` = number() else {
                return nil
            }
            question = Question(name: name, type: type, class: `class`)
            questionLength = position - message.startIndex - DNSMessage.headerLength
        }
        let total = Int(answerCount) + Int(authorityCount) + Int(additionalCount)
        for index in 0..<total {
            guard let name = DNSName(message, &position), let type = number(), number() != nil,
                number() != nil,
                number() != nil, let length = number(), message.endIndex - position >= Int(length)
            else { return nil }
            let end = position + Int(length)
            guard let (text, address) = DNSData.read(type, message, position, end) else { return nil }
            position = end
            if index < Int(answerCount) {
                answers.append(Answer(name: name, type: type, text: text, address: address))
            }
        }
        guard position == message.endIndex else { return nil }
    }

    /// A response without answers to a query.
    ///
    /// - Parameters:
    ///   - query: at least its header.
    ///   - questionLength: how much behind the header is repeated, letter by letter; 0 for no question.
    ///   - code: REFUSED is 5, FORMERR is 1, SERVFAIL is 2.
    static func response(to query: [UInt8], questionLength: Int, code: UInt8) -> [UInt8] {
        // QR, the opcode, RD.
        [query[0], query[1], 0x80 | query[2] & 0x79, code, 0, questionLength > 0 ? 1 : 0, 0, 0, 0, 0, 0, 0]
            + query[headerLength..<(headerLength + questionLength)]
    }
}

/// A record's data (RFC 1035, 3.3; RFC 3596; RFC 2782).
enum DNSData {
    /// - Returns: nil if it isn't what its type says.
    static func read(
        _ type: UInt16, _ message: ArraySlice<UInt8>, _ start: Int, _ end: Int
    ) -> (text: String, address: IPAddress?)? {
        let data = message[start..<end]
        var position = start
        func number() -> UInt16? {
            guard position + 1 < end else { return nil }
            defer { position += 2 }
            return UInt16(message[position]) << 8 | UInt16(message[position + 1])
        }
        switch type {
        case 1, 28:
            guard data.count == (type == 1 ? 4 : 16) else { return nil }
            let bits = data.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            let address = IPAddress(family: type == 1 ? .ipv4 : .ipv6, bits: bits)
            return (address.description, address)
        case 2, 5, 12, 39:
            guard let name = DNSName(message[..<end], &position), position == end else { return nil }
            return (name.text, nil)
        case 15:
            guard let preference = number(), let name = DNSName(message[..<end], &position), position == end
            else { return nil }
            return ("\(preference) \(name.text)", nil)
        case 33:
            guard let priority = number(), let weight = number(), let port = number(),
                let name = DNSName(message[..<end], &position), position == end
            else { return nil }
            return ("\(priority) \(weight) \(port) \(name.text)", nil)
        case 6:
            guard let primary = DNSName(message[..<end], &position),
                let mailbox = DNSName(message[..<end], &position),
                end - position == 20
            else { return nil }
            let numbers = (0..<5).map { index in
                String(
                    message[(position + 4 * index)..<(position + 4 * index + 4)].reduce(0) {
                        $0 << 8 | Int($1)
                    })
            }
            return (([primary.text, mailbox.text] + numbers).joined(separator: " "), nil)
        case 16:
            var strings: [String] = []
            while position < end {
                let length = Int(message[position])
                guard end - position > length else { return nil }
                strings.append("\"" + quoted(message[(position + 1)..<(position + 1 + length)]) + "\"")
                position += length + 1
            }
            return strings.isEmpty ? nil : (strings.joined(separator: " "), nil)
        default:
            let digits = Array("0123456789abcdef")
            let hex = data.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            return (data.isEmpty ? "\\# 0" : "\\# \(data.count) \(String(hex))", nil)
        }
    }

    /// Blanks and dots stay in quotes.
    private static func quoted(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { byte in
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "."): String(UnicodeScalar(byte))
            case UInt8(ascii: "\""): "\\\""
            default: DNSName.escape([byte])
            }
        }.joined()
    }
}
