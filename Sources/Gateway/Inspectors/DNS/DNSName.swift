/// A domain name (RFC 1035, 3.1).
struct DNSName: Hashable, Sendable {
    /// Without the root; letters in lower case.
    var labels: [[UInt8]]

    /// Reads a name that may end in a pointer (4.1.4). A pointer leads to before where its name began, so that there is
    /// an end.
    ///
    /// - Parameter position: where it begins; then behind it.
    init?(_ message: ArraySlice<UInt8>, _ position: inout Int) {
        var labels: [[UInt8]] = []
        var length = 1
        var place = position
        var earliest = position
        var end: Int?
        while true {
            guard place < message.endIndex else { return nil }
            let size = Int(message[place])
            switch size >> 6 {
            case 0:
                guard size > 0 else {
                    position = end ?? place + 1
                    self.labels = labels
                    return
                }
                length += size + 1
                guard place + size < message.endIndex, length <= 255 else { return nil }
                labels.append(message[(place + 1)...(place + size)].map(HTTPGrammar.lowercase))
                place += size + 1
            case 3:
                guard place + 1 < message.endIndex else { return nil }
                end = end ?? place + 2
                place = message.startIndex + ((size & 0x3f) << 8 | Int(message[place + 1]))
                guard place < earliest, place >= message.startIndex + DNSMessage.headerLength else {
                    return nil
                }
                earliest = place
            default: return nil
            }
        }
    }

    /// Without the dot at the end; `.` for the root. What isn't graphic, dots and backslashes are `\DDD`.
    var text: String {
        labels.isEmpty ? "." : labels.map(DNSName.escape).joined(separator: ".")
    }

    static func escape(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "."), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                let digits = String(byte)
                text += "\\" + String(repeating: "0", count: 3 - digits.utf8.count) + digits
            }
        }
        return text
    }

    /// The octets of its labels and the dots between them.
    var length: Int { max(labels.reduce(-1) { $0 + $1.count + 1 }, 0) }

    var longestLabel: Int { labels.map(\.count).max() ?? 0 }
}

/// Names of types and classes (the IANA registry "Domain Name System (DNS) Parameters").
enum DNSMnemonic {
    /// `A`; `TYPE65` (RFC 3597) where there is none here.
    static func type(_ number: UInt16) -> String { types[number] ?? "TYPE\(number)" }

    /// All spellings, for rules: what this page calls by number has a name elsewhere.
    static func typeSpellings(_ number: UInt16) -> [String] {
        let generic = "TYPE\(number)"
        return [type(number)] + (types[number] == nil ? [] : [generic]) + (newer[number].map { [$0] } ?? [])
    }

    static func `class`(_ number: UInt16) -> String {
        switch number {
        case 1: "IN"
        case 3: "CH"
        case 4: "HS"
        case 254: "NONE"
        case 255: "ANY"
        default: "CLASS\(number)"
        }
    }

    private static let newer: [UInt16: String] = [64: "SVCB", 65: "HTTPS"]

    private static let types: [UInt16: String] = [
        1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 11: "WKS", 12: "PTR", 13: "HINFO", 14: "MINFO",
        15: "MX",
        16: "TXT", 17: "RP", 18: "AFSDB", 24: "SIG", 25: "KEY", 28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR",
        36: "KX", 37: "CERT", 39: "DNAME", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY",
        46: "RRSIG",
        47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA",
        55: "HIP",
        59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 99: "SPF", 249: "TKEY",
        250: "TSIG",
        251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI", 257: "CAA",
    ]
}
