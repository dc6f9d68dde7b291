import Diagnostics
import Packets
import RuleSyntax

/// One address, a network or a range, as written.
enum AddressSpan {
    case address(UInt128)
    /// The address isn't masked yet.
    case network(UInt128, length: Int, AddressFamily)
    /// The lower bound comes first.
    case range(UInt128, UInt128)

    var low: UInt128 {
        switch self {
        case .address(let address), .range(let address, _): address
        case .network(let address, let length, let family):
            address & IPPrefix.mask(length, family: family)
        }
    }

    var high: UInt128 {
        switch self {
        case .address(let address), .range(_, let address): address
        case .network(let address, let length, let family):
            address | (family.allOnes & ~IPPrefix.mask(length, family: family))
        }
    }

    /// As `parse_ipaddr` of `lib/parse.c`, but no names are resolved, and IPv4 addresses have four decimal numbers.
    static func read(_ word: Word, _ family: AddressFamily, _ diagnostics: inout DiagnosticCollector)
        -> AddressSpan?
    {
        let slash = word.pieces(separator: "/")
        if slash.count == 2, !slash[1].text.isEmpty {
            guard let address = address(slash[0], family, &diagnostics) else { return nil }
            guard let length = parseNumber(slash[1].text), length <= UInt64(family.bitWidth) else {
                diagnostics.error(
                    "a prefix length is a number from 0 to \(family.bitWidth), not \"\(slash[1].text)\"",
                    at: slash[1].range)
                return nil
            }
            return .network(address, length: Int(length), family)
        }
        let bounds = word.pieces(separator: "-")
        guard bounds.count == 2,
            IPAddress(unescaped(bounds[0])) != nil || IPAddress(unescaped(bounds[1])) != nil
        else { return address(word, family, &diagnostics).map(AddressSpan.address) }
        guard let first = address(bounds[0], family, &diagnostics),
            let last = address(bounds[1], family, &diagnostics)
        else { return nil }
        return .range(min(first, last), max(first, last))
    }

    private static func address(
        _ word: Word, _ family: AddressFamily, _ diagnostics: inout DiagnosticCollector
    ) -> UInt128? {
        guard let address = IPAddress(unescaped(word)) else {
            let isName = word.text.utf8.contains {
                $0 | 0x20 >= UInt8(ascii: "g") && $0 | 0x20 <= UInt8(ascii: "z")
            }
            diagnostics.error(
                "\"\(word.text)\" is no \(family.name) address" + (isName ? "; names aren't resolved" : ""),
                at: word.range)
            return nil
        }
        guard address.family == family else {
            diagnostics.error("the set is for \(family.name) addresses", at: word.range)
            return nil
        }
        return address.bits
    }

    /// Brackets keep a dash in a name from being a range's.
    private static func unescaped(_ word: Word) -> String {
        guard word.text.hasPrefix("["), word.text.hasSuffix("]"), word.text.utf8.count >= 2 else {
            return word.text
        }
        return String(word.text.dropFirst().dropLast())
    }
}

extension AddressFamily {
    var name: String { self == .ipv4 ? "IPv4" : "IPv6" }
}
