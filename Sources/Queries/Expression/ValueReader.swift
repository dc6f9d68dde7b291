import Diagnostics
import Packets
import RuleModel

/// What is wrong with a value.
struct ValueComplaint: Error {
    var message: String
    var suggestion: String?

    init(_ message: String, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}

/// Reads the values of a field.
struct ValueReader {
    let field: QueryField
    let comparison: QueryComparison

    init(_ field: QueryField, _ comparison: QueryComparison) {
        self.field = field
        self.comparison = comparison
    }

    mutating func read(_ text: String) -> Result<QueryExpression, ValueComplaint> {
        do {
            return .success(try value(text))
        } catch {
            return .failure(error)
        }
    }

    private func value(_ text: String) throws(ValueComplaint) -> QueryExpression {
        let isOrdered = comparison != .equal && comparison != .notEqual
        let isNumber = [.sport, .dport, .length, .ttl, .mark].contains(field)
        if isOrdered, !isNumber {
            throw ValueComplaint("'\(field.rawValue)' has no order: '=', '!=' or 'in'")
        }
        switch field {
        case .verdict:
            let names = QueryVerdict.allCases.map(\.rawValue)
            guard let verdict = QueryVerdict(rawValue: text.uppercased()) else {
                throw ValueReader.unknown("verdict", text, names)
            }
            return .verdict(verdict)
        case .chain:
            let chains: [Hook] = [.input, .forward, .output]
            guard let chain = chains.first(where: { $0.chainName == text }) else {
                throw ValueReader.unknown("base chain of the table filter", text, chains.map(\.chainName))
            }
            return .chain(chain)
        case .in: return both(.interface(.input, try interface(text)))
        case .out: return both(.interface(.output, try interface(text)))
        case .src: return try address(text, .source)
        case .dst: return try address(text, .destination)
        case .proto: return try transport(text)
        case .sport: return both(.number(.sourcePort, in: try numbers(text, 65535, names: ServiceNames.port)))
        case .dport: return both(.number(.destinationPort, in: try numbers(text, 65535, names: ServiceNames.port)))
        case .icmpType: return try icmpType(text)
        case .flags: return both(try flags(text))
        case .state:
            let names = ConnectionState.allCases.map(\.name)
            guard let state = ConnectionState.allCases.first(where: { $0.name == text.uppercased() }) else {
                throw ValueReader.unknown("state", text, names)
            }
            return both(.number(.connectionState, in: NumberSet(UInt32(state.rawValue))))
        case .mark: return both(try mark(text))
        case .length: return both(.number(.length, in: try numbers(text, .max)))
        case .ttl: return both(.number(.hopLimit, in: try numbers(text, 255)))
        }
    }

    private func both(_ condition: Condition) -> QueryExpression { .packet(ipv4: condition, ipv6: condition) }

    private static func unknown(_ what: String, _ text: String, _ names: [String]) -> ValueComplaint {
        ValueComplaint(
            "there is no \(what) '\(text)'; there is \(names.joined(separator: ", "))",
            suggestion: Spelling.closest(to: text, among: names))
    }

    private func interface(_ text: String) throws(ValueComplaint) -> InterfacePattern {
        let isPrefix = text.hasSuffix("+")
        let name = isPrefix ? String(text.dropLast()) : text
        guard name.utf8.count <= 15, isPrefix || !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")) else {
            throw ValueComplaint("'\(text)' is no interface name (1 to 15 characters; eth+ for all that begin so)")
        }
        return InterfacePattern(text: name, isPrefix: isPrefix)
    }

    /// An address, a prefix or `from-to`. Packets of the other family don't have it.
    private func address(_ text: String, _ field: AddressField) throws(ValueComplaint) -> QueryExpression {
        if text.lowercased() == "any" { return both(.always) }
        let never = Condition.any([])
        func only(_ family: AddressFamily, _ condition: Condition) -> QueryExpression {
            .packet(ipv4: family == .ipv4 ? condition : never, ipv6: family == .ipv6 ? condition : never)
        }
        if let prefix = IPPrefix(text) {
            let family = prefix.address.family
            let mask = IPPrefix.mask(prefix.length, family: family)
            return only(family, .address(field, value: prefix.address.bits, mask: mask))
        }
        let ends = text.split(separator: "-", maxSplits: 1).map(String.init)
        if ends.count == 2, let low = IPAddress(ends[0]), let high = IPAddress(ends[1]), low.family == high.family {
            guard low.bits <= high.bits else {
                throw ValueComplaint("this range is the wrong way round", suggestion: "\(high)-\(low)")
            }
            return only(low.family, .addressRange(field, low.bits...high.bits))
        }
        throw ValueComplaint("'\(text)' is no address, prefix (10.0.0.0/8) or range (10.0.0.1-10.0.0.9)")
    }

    private func transport(_ text: String) throws(ValueComplaint) -> QueryExpression {
        func test(_ number: IPProtocol) -> Condition {
            .number(.transportProtocol, in: NumberSet(UInt32(number.rawValue)))
        }
        // As in a packet in words: the name means the family's own ICMP.
        if text.lowercased() == "icmp" { return .packet(ipv4: test(.icmp), ipv6: test(.icmpv6)) }
        if let number = UInt8(text) { return both(test(IPProtocol(rawValue: number))) }
        guard let named = IPProtocol(name: text) else {
            throw ValueComplaint(
                "there is no protocol '\(text)'",
                suggestion: Spelling.closest(
                    to: text, among: ["tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "gre", "esp", "ah"]))
        }
        return both(test(named))
    }

    /// `N`, `LOW-HIGH`, `LOW:HIGH`, or with `<` … one side of N.
    private func numbers(
        _ text: String, _ largest: UInt32, names: (String) -> UInt16? = { _ in nil }
    ) throws(ValueComplaint) -> NumberSet {
        func number(_ text: Substring) throws(ValueComplaint) -> UInt32 {
            if let value = UInt32(text), text.first != "+", value <= largest { return value }
            if let port = names(String(text)) { return UInt32(port) }
            throw ValueComplaint(
                "'\(text)' is no \(field == .sport || field == .dport ? "port or name of one" : "number")"
                    + (largest == .max ? "" : " (0 to \(largest))"))
        }
        let isRange = text.first?.isNumber == true
        let ends = isRange ? text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "-" || $0 == ":" } : []
        if ends.count == 2 {
            let (low, high) = (try number(ends[0]), try number(ends[1]))
            guard comparison == .equal || comparison == .notEqual else {
                throw ValueComplaint("'<' and '>' want one number")
            }
            guard low <= high else {
                throw ValueComplaint("this range is the wrong way round", suggestion: "\(high)-\(low)")
            }
            return NumberSet(low...high)
        }
        let value = try number(text[...])
        return switch comparison {
        case .equal, .notEqual: NumberSet(value)
        case .less: value == 0 ? NumberSet([]) : NumberSet(0...value - 1)
        case .atMost: NumberSet(0...value)
        case .greater: value == .max ? NumberSet([]) : NumberSet(value + 1 ... .max)
        case .atLeast: NumberSet(value ... .max)
        }
    }

    /// `N`, or `N/MASK`; decimal, or hexadecimal behind 0x.
    private func mark(_ text: String) throws(ValueComplaint) -> Condition {
        func number(_ text: Substring) throws(ValueComplaint) -> UInt32 {
            let isHexadecimal = text.lowercased().hasPrefix("0x")
            guard let value = UInt32(isHexadecimal ? text.dropFirst(2) : text, radix: isHexadecimal ? 16 : 10),
                text.first != "+"
            else { throw ValueComplaint("'\(text)' is no mark (0x10, or 0x10/0xff)") }
            return value
        }
        guard comparison == .equal || comparison == .notEqual else {
            return .number(.mark, in: try numbers(text, .max))
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let value = try number(parts[0])
        return .bits(.mark, mask: parts.count == 2 ? try number(parts[1]) : .max, value: value)
    }

    /// `S`, exactly these flags; `S/SAFR`, these of those; `syn`, what `--syn` means.
    private func flags(_ text: String) throws(ValueComplaint) -> Condition {
        func letters(_ text: Substring) throws(ValueComplaint) -> UInt32 {
            guard let flags = TCPFlags(letters: String(text)) else {
                throw ValueComplaint(
                    "'\(text)' is no set of TCP flags (letters of FSRPAUEC, none, or syn; S/SAFR looks at some only)",
                    suggestion: TCPFlags(letters: text.uppercased())?.letters)
            }
            return UInt32(flags.rawValue)
        }
        if text.lowercased() == "syn" {
            let mask: TCPFlags = [.fin, .syn, .rst, .ack]
            return .bits(.tcpFlags, mask: UInt32(mask.rawValue), value: UInt32(TCPFlags.syn.rawValue))
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let value = try letters(parts[0])
        let mask = parts.count == 2 ? try letters(parts[1]) : 255
        guard value & ~mask == 0 else {
            throw ValueComplaint("a flag is to be set that isn't looked at, so no packet has them all")
        }
        return .bits(.tcpFlags, mask: mask, value: value)
    }

    /// A name, `TYPE`, or `TYPE/CODE`; names mean their family's types.
    private func icmpType(_ text: String) throws(ValueComplaint) -> QueryExpression {
        func test(_ type: UInt8, _ codes: ClosedRange<UInt8>) -> Condition {
            let type = Condition.number(.icmpType, in: NumberSet(UInt32(type)))
            if codes == 0...255 { return type }
            return .all([
                type, .number(.icmpCode, in: NumberSet(UInt32(codes.lowerBound)...UInt32(codes.upperBound))),
            ])
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if let type = UInt8(parts[0]) {
            guard parts.count == 2 else { return both(test(type, 0...255)) }
            guard let code = UInt8(parts[1]) else { throw ValueComplaint("'\(parts[1])' is no ICMP code (0 to 255)") }
            return both(test(type, code...code))
        }
        var found: [Condition] = []
        for family in AddressFamily.allCases {
            switch ICMPTypeNames.find(text, family) {
            case .found(let name):
                let own: IPProtocol = family == .ipv4 ? .icmp : .icmpv6
                let isOwn = Condition.number(.transportProtocol, in: NumberSet(UInt32(own.rawValue)))
                found.append(name.name == "any" ? isOwn : .all([isOwn, test(name.type, name.codes)]))
            case .ambiguous(let one, let other):
                throw ValueComplaint("'\(text)' is ambiguous: \(one.name) or \(other.name)?")
            case .unknown: found.append(.any([]))
            }
        }
        guard found != [.any([]), .any([])] else {
            let names = AddressFamily.allCases.flatMap { ICMPTypeNames.all($0).map(\.name) }
            throw ValueComplaint(
                "there is no ICMP type '\(text)'", suggestion: Spelling.closest(to: text, among: names))
        }
        return .packet(ipv4: found[0], ipv6: found[1])
    }
}
