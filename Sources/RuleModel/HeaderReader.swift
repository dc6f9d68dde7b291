import Diagnostics
import Packets

/// Reads the values of a rule's header options.
struct HeaderReader {
    let family: AddressFamily
    let chain: String
    let isOfScript: Bool
    var diagnostics: DiagnosticCollector
    var isBroken = false

    /// The header without addresses, and the addresses: every pair of them makes one rule.
    struct Result {
        var header = RuleHeader()
        /// `-p` names nothing that is known.
        var isProtocolLost = false
        var sources: [Negatable<AddressMask>?] = [nil]
        var destinations: [Negatable<AddressMask>?] = [nil]
    }

    init(
        family: AddressFamily, chain: String, isOfScript: Bool, diagnostics: consuming DiagnosticCollector
    ) {
        self.family = family
        self.chain = chain
        self.isOfScript = isOfScript
        self.diagnostics = diagnostics
    }

    mutating func read(_ line: RuleLine) -> Result {
        var result = Result()
        result.isProtocolLost = line.isProtocolLost
        if let option = line.transportProtocol {
            let errors = diagnostics.errorCount
            result.header.transportProtocol = readProtocol(option)
            result.isProtocolLost = diagnostics.errorCount > errors
        }
        if let option = line.source { result.sources = readAddresses(option) }
        if let option = line.destination { result.destinations = readAddresses(option) }
        for option in [line.source, line.destination] {
            if let option, option.isNegated, result.sources.count > 1 || result.destinations.count > 1 {
                fail("! can't stand in a rule that names several addresses", at: option.range)
            }
        }
        result.header.inInterface = readInterface(line.inInterface, "-i", useless: [.output, .postrouting])
        result.header.outInterface = readInterface(line.outInterface, "-o", useless: [.input, .prerouting])
        if let option = line.fragment {
            if family == .ipv6 { fail("-f is for IPv4; IPv6 has -m frag", at: option.range) }
            result.header.laterFragment = Negatable(true, isNegated: option.isNegated)
        }
        return result
    }

    private mutating func fail(
        _ message: String, at range: SourceRange, code: String = "FW001", suggestion: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        diagnostics.error(message, at: range, code: code, suggestion: suggestion, notes: notes)
        isBroken = true
    }

    // MARK: -p

    private mutating func readProtocol(_ option: RuleLine.Option) -> Negatable<IPProtocol>? {
        let text = option.argument.text
        guard let number = ProtocolNames.number(text) else {
            fail(
                "unknown protocol \"\(text)\"", at: option.argument.range,
                suggestion: parseNumber(text) == nil
                    ? Spelling.closest(to: text, among: ProtocolNames.all) : nil)
            return nil
        }
        guard number.rawValue != 0 else {
            if option.isNegated { fail("! -p \(text) would never match", at: option.range) }
            return nil
        }
        if family == .ipv6, !option.isNegated, Self.extensionHeaders.contains(number.rawValue) {
            diagnostics.warning(
                "-p \(text) never matches: it is an extension header, which -p skips; use its match instead",
                at: option.range)
        }
        return Negatable(number, isNegated: option.isNegated)
    }

    /// Routing, fragment, authentication, destination options (`is_exthdr` in `iptables/ip6tables.c`).
    private static let extensionHeaders: Set<UInt8> = [43, 44, 51, 60]

    // MARK: -s, -d

    /// An address under an empty mask is any address, and no test.
    private mutating func readAddresses(_ option: RuleLine.Option) -> [Negatable<AddressMask>?] {
        let text = option.argument.text
        guard text.utf8.contains(UInt8(ascii: ",")) else {
            return [readAddress(text[...], option).flatMap { test($0, option) }]
        }
        var addresses: [Negatable<AddressMask>?] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let address = readAddress(part, option) else { break }
            addresses.append(test(address, option))
        }
        return addresses.isEmpty ? [nil] : addresses
    }

    private func test(_ block: AddressMask, _ option: RuleLine.Option) -> Negatable<AddressMask>? {
        block.mask == 0 && !option.isNegated ? nil : Negatable(block, isNegated: option.isNegated)
    }

    private mutating func readAddress(_ text: Substring, _ option: RuleLine.Option) -> AddressMask? {
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let addressText = slash.map { text[..<$0] } ?? text
        guard let address = AddressSyntax.address(addressText, family: family) else {
            reportAddress(String(addressText), at: option.argument.range(of: text))
            return nil
        }
        guard let slash else { return AddressMask(value: address, mask: family.allOnes) }
        let maskText = text[text.utf8.index(after: slash)...]
        guard let mask = AddressSyntax.mask(maskText, family: family) else {
            fail(
                "invalid mask \"\(maskText)\": expected a prefix length of 0 to \(family.bitWidth), or a mask",
                at: option.argument.range(of: maskText))
            return nil
        }
        return AddressMask(value: address, mask: mask)
    }

    private mutating func reportAddress(_ text: String, at place: SourceRange) {
        let other: AddressFamily = family == .ipv4 ? .ipv6 : .ipv4
        let bytes = text.utf8
        if bytes.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }),
            AddressSyntax.address(text, family: other) != nil
        {
            let advice =
                isOfScript
                ? "IPv\(other.rawValue) rules are made by \(other == .ipv4 ? "iptables" : "ip6tables")"
                : "--family ipv\(other.rawValue) reads the file as IPv\(other.rawValue) rules"
            fail(
                "\(text) is an IPv\(other.rawValue) address in IPv\(family.rawValue) rules", at: place,
                notes: [.init(advice)])
        } else if bytes.isEmpty {
            fail("an address is missing", at: place)
        } else if Self.isHostName(text) {
            fail(Self.hostName(text), at: place, code: "FW011")
        } else {
            fail("\"\(text)\" is no IPv\(family.rawValue) address", at: place)
        }
    }

    /// Whether a text that is no address may be a name.
    static func isHostName(_ text: String) -> Bool {
        !text.utf8.contains(UInt8(ascii: ":")) && !text.utf8.allSatisfy(isDigitOrDot)
    }

    static func hostName(_ text: String) -> String {
        "\"\(text)\" is a host name; names are not resolved: give its address"
    }

    private static func isDigitOrDot(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    // MARK: -i, -o

    private mutating func readInterface(
        _ option: RuleLine.Option?, _ name: String, useless hooks: [Hook]
    ) -> Negatable<InterfacePattern>? {
        guard let option else { return nil }
        let text = option.argument.text
        let bytes = text.utf8
        if let hook = hooks.first(where: { $0.chainName == chain }) {
            let direction = name == "-i" ? "came in" : "goes out"
            fail(
                "can't use \(name) in \(hook.chainName): no packet there has an interface by which it \(direction)",
                at: option.range, code: "FW009")
            return nil
        }
        guard !bytes.isEmpty else {
            fail("the interface's name is empty", at: option.argument.range)
            return nil
        }
        guard bytes.count <= 15 else {
            fail(
                "an interface's name has at most 15 bytes; this one has \(bytes.count)",
                at: option.argument.range)
            return nil
        }
        if bytes.contains(UInt8(ascii: "/")) || bytes.contains(UInt8(ascii: " ")) {
            diagnostics.warning(
                "the kernel allows neither / nor blanks in an interface's name", at: option.argument.range)
        }
        guard bytes.last == UInt8(ascii: "+") else {
            return Negatable(InterfacePattern(text: text, isPrefix: false), isNegated: option.isNegated)
        }
        if bytes.count == 1 {
            guard option.isNegated else { return nil }
            diagnostics.warning(
                "! \(name) + never matches, and iptables-save doesn't print it", at: option.range)
        }
        return Negatable(
            InterfacePattern(text: String(text.dropLast()), isPrefix: true), isNegated: option.isNegated)
    }
}
