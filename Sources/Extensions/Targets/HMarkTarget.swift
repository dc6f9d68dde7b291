import Packets
public import RuleModel

/// `-j HMARK` (extensions/libxt_HMARK.c; net/netfilter/xt_HMARK.c): a mark that is a hash of the packet's or the connection's ends.
public struct HMarkTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "HMARK",
        options: [
            OptionSpec("--hmark-tuple"), OptionSpec("--hmark-src-prefix"), OptionSpec("--hmark-dst-prefix"),
            OptionSpec("--hmark-sport-mask"), OptionSpec("--hmark-dport-mask"),
            OptionSpec("--hmark-spi-mask"),
            OptionSpec("--hmark-sport"), OptionSpec("--hmark-dport"), OptionSpec("--hmark-spi"),
            OptionSpec("--hmark-proto-mask"), OptionSpec("--hmark-rnd", required: true),
            OptionSpec("--hmark-mod", required: true), OptionSpec("--hmark-offset"),
        ])

    /// In the order of looking them up; the first that begins with what is written is meant.
    private static let parts = [
        (name: "ct", value: Part.connection), ("src", .source), ("dst", .destination), ("sport", .sourcePort),
        ("dport", .destinationPort), ("proto", .transportProtocol), ("spi", .securityParameter),
    ]

    private enum Part: Sendable {
        case connection, source, destination, sourcePort, destinationPort, transportProtocol,
            securityParameter
    }

    private let family: AddressFamily
    private var hash = HashMark()
    /// What was asked for, as far as `iptables-save` prints it: a mask of zero is not the same as none.
    private var given: Set<String> = []

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        for option in reader.options {
            if option.name == "--hmark-tuple" { readTuple(option, &reader) } else { read(option, &reader) }
        }
        if reader.hasErrors { return nil }
        if given.contains("--hmark-spi-mask"),
            given.contains("--hmark-sport-mask") || given.contains("--hmark-dport-mask")
        {
            reader.error("--hmark-spi-mask cannot be used together with masks of ports", at: reader.nameRange)
            return nil
        }
        if given.contains("--hmark-spi"), given.contains("--hmark-sport") || given.contains("--hmark-dport") {
            reader.error("--hmark-spi cannot be used together with ports", at: reader.nameRange)
            return nil
        }
        guard hash.isOfConnection || !given.isSubset(of: ["--hmark-rnd", "--hmark-mod", "--hmark-offset"])
        else {
            reader.error("--hmark-tuple or one of its parts is needed", at: reader.nameRange)
            return nil
        }
    }

    private mutating func readTuple(_ option: ParsedOption, _ reader: inout OptionReader) {
        guard
            let parts = reader.names(option.arguments[0], among: HMarkTarget.parts, what: "part of a packet")
        else { return }
        for part in parts {
            switch part {
            case .connection: hash.isOfConnection = true
            case .source:
                hash.sourceMask = family.allOnes
                given.insert("--hmark-src-prefix")
            case .destination:
                hash.destinationMask = family.allOnes
                given.insert("--hmark-dst-prefix")
            case .sourcePort:
                hash.portMask |= 0xffff_0000
                given.insert("--hmark-sport-mask")
            case .destinationPort:
                hash.portMask |= 0xffff
                given.insert("--hmark-dport-mask")
            case .transportProtocol:
                hash.protocolMask = .max
                given.insert("--hmark-proto-mask")
            case .securityParameter:
                hash.portMask = .max
                given.insert("--hmark-spi-mask")
            }
        }
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        guard !given.contains(option.name) else {
            reader.error("--hmark-tuple says \(option.name) already", at: option.range)
            return
        }
        let isPort = option.name.hasPrefix("--hmark-sport") || option.name.hasPrefix("--hmark-dport")
        let most: UInt64 = isPort || option.name == "--hmark-proto-mask" ? 0xffff : 0xffff_ffff
        let least: UInt64 = option.name == "--hmark-mod" ? 1 : 0
        if option.name.hasSuffix("-prefix") {
            guard let mask = prefixMask(option.arguments[0], &reader) else { return }
            if option.name == "--hmark-src-prefix" {
                hash.sourceMask = mask
            } else {
                hash.destinationMask = mask
            }
            given.insert(option.name)
            return
        }
        guard let number = reader.number(of: option.name, in: least...most).map(UInt32.init) else { return }
        given.insert(option.name)
        switch option.name {
        case "--hmark-sport-mask": hash.portMask = hash.portMask & 0xffff | number << 16
        case "--hmark-dport-mask": hash.portMask = hash.portMask & 0xffff_0000 | number
        case "--hmark-spi-mask": hash.portMask = number
        case "--hmark-sport": hash.portValue = hash.portValue & 0xffff | number << 16
        case "--hmark-dport": hash.portValue = hash.portValue & 0xffff_0000 | number
        case "--hmark-spi": hash.portValue = number
        case "--hmark-proto-mask": hash.protocolMask = UInt16(number)
        case "--hmark-rnd": hash.seed = number
        case "--hmark-mod": hash.modulus = number
        default: hash.offset = number
        }
    }

    /// A length or a mask, of which the whole address is taken if it makes no sense (XTTYPE_PLENMASK).
    private func prefixMask(_ argument: Argument, _ reader: inout OptionReader) -> UInt128? {
        if let length = parseNumber(argument.text) {
            guard length > UInt64(family.bitWidth) else { return IPPrefix.mask(Int(length), family: family) }
            if family == .ipv4 { return family.allOnes }
        } else if let mask = AddressSyntax.mask(argument.text, family: family) {
            return mask
        }
        reader.error("\"\(argument.text)\" is neither a prefix length nor a mask", at: argument.range)
        return nil
    }

    public var action: Action { .change(.mark(hash)) }

    public var savedWords: [String] {
        func digits(_ number: UInt32, _ count: Int) -> String {
            let text = String(number, radix: 16)
            return "0x" + String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let values: [(name: String, value: String)] = [
            ("--hmark-src-prefix", "\(prefixLength(ofMask: hash.sourceMask, family) ?? -1)"),
            ("--hmark-dst-prefix", "\(prefixLength(ofMask: hash.destinationMask, family) ?? -1)"),
            ("--hmark-sport-mask", digits(hash.portMask >> 16, 4)),
            ("--hmark-dport-mask", digits(hash.portMask & 0xffff, 4)),
            ("--hmark-spi-mask", digits(hash.portMask, 8)),
            ("--hmark-sport", digits(hash.portValue >> 16, 4)),
            ("--hmark-dport", digits(hash.portValue & 0xffff, 4)),
            ("--hmark-spi", digits(hash.portValue, 8)),
            ("--hmark-proto-mask", digits(UInt32(hash.protocolMask), 2)),
            ("--hmark-rnd", digits(hash.seed, 8)), ("--hmark-mod", "\(hash.modulus)"),
            ("--hmark-offset", "\(hash.offset)"),
        ]
        let words = values.filter { given.contains($0.name) }.flatMap { savedOption($0.name, $0.value) }
        return words + (hash.isOfConnection ? savedOption("--hmark-tuple", "ct") : [])
    }
}
