import Diagnostics
import Packets
import RuleModel

/// The options of the targets that translate into a range (`libxt_NAT.c`).
enum NATRangeOptions {
    static let random = OptionSpec("--random", argument: .none)
    static let randomFully = OptionSpec("--random-fully", argument: .none)
    static let persistent = OptionSpec("--persistent", argument: .none)

    /// Who needs ports must say of which protocol.
    private static let protocols: Set<IPProtocol> = [.tcp, .udp, .sctp, .dccp, .icmp]

    /// What becomes of the port that is mapped to the first of a range (`/port`).
    enum BasePort {
        case kept, refused
        /// The target has no place for it; the kernel takes 0.
        case lost
    }

    /// What a rule says.
    /// - Parameter option: `--to-source`, `--to-destination` or `--to-ports`.
    static func read(_ option: String, basePort: BasePort, _ reader: inout OptionReader) -> NATRange? {
        var range = NATRange()
        range.isRandom = reader.option(random.name) != nil
        range.isFullyRandom = reader.option(randomFully.name) != nil
        range.isPersistent = reader.option(persistent.name) != nil
        guard let given = reader.option(option) else { return range }
        let argument = given.arguments[0]
        let isRead =
            option == "--to-ports"
            ? readPorts(argument.text[...], given, &range, &reader) : readEnds(given, &range, &reader)
        guard isRead else { return nil }
        if range.basePort != nil {
            switch basePort {
            case .kept: break
            case .lost:
                reader.warning(
                    "iptables forgets the port behind the slash and takes 0", at: argument.range)
                range.basePort = 0
            case .refused:
                reader.error("only DNAT takes a port behind a slash", at: argument.range)
                return nil
            }
        }
        return range
    }

    /// `[address[-address]][:port[-port[/port]]]`; IPv6 addresses stand in brackets if ports follow.
    private static func readEnds(
        _ given: ParsedOption, _ range: inout NATRange, _ reader: inout OptionReader
    ) -> Bool {
        let argument = given.arguments[0]
        let text = argument.text
        var addresses = text[...]
        var colon: String.Index?
        if let open = text.firstIndex(of: "[") {
            guard reader.context.family == .ipv6, let close = text[open...].firstIndex(of: "]") else {
                reader.error("brackets stand around IPv6 addresses", at: argument.range)
                return false
            }
            addresses = text[text.index(after: open)..<close]
            colon = text[close...].firstIndex(of: ":")
        } else if let first = text.firstIndex(of: ":"),
            !text[text.index(after: first)...].contains(":")
        {
            addresses = text[..<first]
            colon = first
        }
        if let colon {
            guard readPorts(text[text.index(after: colon)...], given, &range, &reader) else { return false }
            let offset = text.utf8.distance(from: text.startIndex, to: colon)
            // Two characters pass for empty brackets.
            if offset == 0 || offset == 2 { return true }
        }
        return readAddresses(addresses, argument, &range, &reader)
    }

    private static func readAddresses(
        _ text: Substring, _ argument: Argument, _ range: inout NATRange, _ reader: inout OptionReader
    ) -> Bool {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        var values: [UInt128] = []
        for end in ends {
            guard let address = IPAddress(String(end)), address.family == reader.context.family else {
                let family = reader.context.family == .ipv4 ? "IPv4" : "IPv6"
                reader.error("\"\(end)\" is no \(family) address", at: argument.range)
                return false
            }
            values.append(address.bits)
        }
        let (low, high) = (values[0], values[values.count - 1])
        guard low <= high else {
            // The kernel takes it for nearly all addresses there are.
            reader.error("this range of addresses is the wrong way round", at: argument.range)
            return false
        }
        range.addresses = low...high
        return true
    }

    /// `port[-port[/port]]` (`parse_ports`).
    private static func readPorts(
        _ text: Substring, _ given: ParsedOption, _ range: inout NATRange, _ reader: inout OptionReader
    ) -> Bool {
        let place = given.arguments[0].range
        guard isProtocolGiven(before: given, reader.context) else {
            reader.error(
                "ports need -p tcp, udp, sctp, dccp or icmp before them", at: place, code: "FW008")
            return false
        }
        func fail(_ message: String) -> Bool {
            reader.error(message, at: place)
            return false
        }
        var scanner = NumberScanner(text)
        guard let first = port(&scanner) else {
            guard let named = ServiceNames.port(String(text)) else {
                return fail("\"\(text)\" is no port between 0 and 65535, nor a known service")
            }
            range.ports = named...named
            return true
        }
        range.ports = first...first
        if scanner.isAtEnd { return true }
        guard scanner.take("-") else { return fail("a port range is two ports with a dash between") }
        guard let last = port(&scanner) else {
            return fail("the second port of a range is a number between 0 and 65535")
        }
        guard last >= first else { return fail("this range of ports is the wrong way round") }
        range.ports = first...last
        if scanner.isAtEnd { return true }
        guard scanner.take("/"), let slash = text.lastIndex(of: "/") else {
            return fail("something follows the port range that doesn't belong to it")
        }
        if let base = port(&scanner), base > 0 {
            range.basePort = base
            return true
        }
        guard let base = ServiceNames.port(String(text[text.index(after: slash)...])) else {
            return fail("behind the slash stands a port between 1 and 65535, or a known service")
        }
        range.basePort = base
        return true
    }

    private static func port(_ scanner: inout NumberScanner) -> UInt16? {
        var rest = scanner
        guard let number = rest.number().flatMap(UInt16.init(exactly:)) else { return nil }
        scanner = rest
        return number
    }

    /// iptables reads options in order, and knows no protocol that comes later.
    private static func isProtocolGiven(before option: ParsedOption, _ context: RuleContext) -> Bool {
        guard let given = context.transportProtocol, protocols.contains(given.value) else { return false }
        guard let place = context.protocolRange else { return true }
        return place.lower < option.range.lower
    }

    // MARK: Printing

    static func saved(_ option: String, _ range: NATRange, _ family: AddressFamily) -> [String] {
        var words: [String] = []
        let text = self.text(range, family)
        if !text.isEmpty {
            words += savedOption(option, option == "--to-ports" ? String(text.dropFirst()) : text)
        }
        if range.isRandom { words.append(random.name) }
        if range.isFullyRandom { words.append(randomFully.name) }
        if range.isPersistent { words.append(persistent.name) }
        return words
    }

    /// `sprint_range`
    private static func text(_ range: NATRange, _ family: AddressFamily) -> String {
        var text = ""
        if let addresses = range.addresses {
            text = IPAddress(family: family, bits: addresses.lowerBound).description
            if addresses.count > 1 {
                text += "-" + IPAddress(family: family, bits: addresses.upperBound).description
            }
            if family == .ipv6, range.ports != nil { text = "[\(text)]" }
        }
        if let ports = range.ports {
            text += ":\(ports.lowerBound)"
            if ports.count > 1 { text += "-\(ports.upperBound)" }
            if let base = range.basePort { text += "/\(base)" }
        }
        return text
    }
}
