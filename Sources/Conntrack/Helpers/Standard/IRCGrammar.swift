internal import Packets

/// DCC offers in IRC messages, read as the kernel does (`nf_conntrack_irc.c`):
/// `PRIVMSG bob :\1DCC SEND file 3232235777 4444 100\1\n`.
enum IRCGrammar {
    struct Offer: Equatable {
        var address: UInt32
        var port: UInt16
        /// Where address and port are said, from the payload's first byte.
        var range: Range<Int>
    }

    private static let commands = ["SEND ", "CHAT ", "MOVE ", "TSEND ", "SCHAT "].map { Array($0.utf8) }
    /// The rest of a packet is never read (`MAX_SEARCH_SIZE`).
    private static let longest = 4095

    static func offer(_ payload: ArraySlice<UInt8>) -> Offer? {
        let text = Array(payload.prefix(longest))
        var at = 0
        while at < text.count - 10, [0x20, 0x0d, 0x0a].contains(text[at]) { at += 1 }
        if at < text.count - 10 {
            let word = Array("privmsg ".utf8)
            guard text[at..<at + 8].map(\.lowercased) == word else { return nil }
            at += 8
        }
        while at < text.count - 26 {
            guard text[at] == 0x20, text[at + 1] == UInt8(ascii: ":") else {
                at += 1
                continue
            }
            at += 2
            guard text[at...].starts(with: [1] + Array("DCC ".utf8)) else { return nil }
            at += 5
            if let command = commands.first(where: { text[at...].starts(with: $0) }) {
                return ends(text, at + command.count)
            }
        }
        return nil
    }

    /// `parse_dcc`
    private static func ends(_ text: [UInt8], _ start: Int) -> Offer? {
        var at = start
        while text[at] != 0x20 {
            at += 1
            if at > text.count - 12 { return nil }
        }
        at += 1
        guard text[at...].contains(0x0a) else { return nil }
        let first = at
        let address = number(text, &at)
        while text[at] == 0x20 { at += 1 }
        let port = number(text, &at)
        return Offer(
            address: UInt32(truncatingIfNeeded: address), port: UInt16(truncatingIfNeeded: port),
            range: first..<at)
    }

    /// `simple_strtoul`; it wraps. A newline ends it at the latest.
    private static func number(_ text: [UInt8], _ at: inout Int) -> UInt64 {
        var number: UInt64 = 0
        while let digit = text[at].digit {
            number = number &* 10 &+ UInt64(digit)
            at += 1
        }
        return number
    }
}
