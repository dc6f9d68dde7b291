import Packets

/// Protocols as `-p` takes and `iptables-save` prints them. The names are those of `IPProtocol`, kept in our
/// source, so that a rule file means the same on every machine.
enum ProtocolNames {
    static func text(_ number: IPProtocol) -> String { number.name ?? String(number.rawValue) }

    /// A protocol by name, in any case, or by number (decimal, octal, hexadecimal). 0 means all of them.
    static func number(_ text: String) -> IPProtocol? {
        if let number = parseNumber(text) { return UInt8(exactly: number).map(IPProtocol.init(rawValue:)) }
        return text.lowercased() == "all" ? IPProtocol(rawValue: 0) : IPProtocol(name: text)
    }

    /// For suggestions.
    static var all: [String] {
        ["all", "icmpv6"] + (UInt8.min...UInt8.max).compactMap { IPProtocol(rawValue: $0).name }
    }
}
