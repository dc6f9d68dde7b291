public import Packets
public import RuleModel

/// `-m policy` (extensions/libxt_policy.c; net/netfilter/xt_policy.c): the IPsec transforms that a packet has been through,
/// or will go through. Decapsulation isn't simulated: every packet is taken for one without IPsec where `--pol none` asks,
/// and what a policy is isn't known.
public struct PolicyMatch: Match {
    public static let schema = ExtensionSchema(
        "policy",
        options: [
            OptionSpec("--dir", required: true), OptionSpec("--pol"), OptionSpec("--strict", argument: .none),
            OptionSpec("--reqid", negatable: true, repeatable: true),
            OptionSpec("--spi", negatable: true, repeatable: true),
            OptionSpec("--tunnel-src", negatable: true, repeatable: true),
            OptionSpec("--tunnel-dst", negatable: true, repeatable: true),
            OptionSpec("--proto", negatable: true, repeatable: true),
            OptionSpec("--mode", negatable: true, repeatable: true),
            OptionSpec("--next", argument: .none, repeatable: true),
        ])

    /// `XT_POLICY_MAX_ELEM`
    private static let capacity = 4
    /// In the order of `print_entry`.
    private static let elementOptions = [
        "--reqid", "--spi", "--proto", "--mode", "--tunnel-dst", "--tunnel-src",
    ]

    /// One transform: by option, what it is to be, as it is printed.
    private typealias Element = [String: Negatable<String>]

    private let isIncoming: Bool
    private let isNone: Bool
    private let isStrict: Bool
    private var elements: [Element] = [[:]]

    public init?(_ reader: inout OptionReader) {
        guard let direction = reader.option("--dir")?.arguments[0] else { return nil }
        isIncoming = direction.text == "in"
        if direction.text != "in", direction.text != "out" {
            reader.error("a direction is in or out", at: direction.range)
        }
        let policy = reader.option("--pol")?.arguments[0]
        isNone = policy?.text == "none"
        if let policy, policy.text != "none", policy.text != "ipsec" {
            reader.error("a policy is none or ipsec", at: policy.range)
        }
        isStrict = reader.option("--strict") != nil
        for option in reader.options { read(option, &reader) }
        check(&reader)
        if reader.hasErrors { return nil }
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        if option.name == "--next" {
            if !isStrict { reader.error("--next needs --strict", at: option.range) }
            guard elements.count < PolicyMatch.capacity else {
                reader.error("a policy has at most \(PolicyMatch.capacity) elements", at: option.range)
                return
            }
            elements.append([:])
            return
        }
        guard PolicyMatch.elementOptions.contains(option.name) else { return }
        guard elements[elements.count - 1][option.name] == nil else {
            reader.error("\(option.name) stands twice in one element", at: option.range)
            return
        }
        guard let value = PolicyMatch.value(option, &reader) else { return }
        elements[elements.count - 1][option.name] = Negatable(value, isNegated: option.isNegated)
    }

    private static func value(_ option: ParsedOption, _ reader: inout OptionReader) -> String? {
        let argument = option.arguments[0]
        let family = reader.context.family
        switch option.name {
        case "--reqid", "--spi":
            guard let number = reader.number(argument, in: 0...UInt64(UInt32.max), what: "an IPsec number")
            else {
                return nil
            }
            return option.name == "--spi" ? savedHexadecimal(UInt32(number)) : "\(number)"
        case "--proto":
            guard let found = reader.transportProtocol(argument) else { return nil }
            guard [50, 51, 108].contains(found.rawValue) else {
                reader.error("the protocol must be ah, esp or ipcomp", at: argument.range)
                return nil
            }
            return found.description
        case "--mode":
            if argument.text == "transport" || argument.text == "tunnel" { return argument.text }
            reader.error("a mode is transport or tunnel", at: argument.range)
            return nil
        default:
            guard let (address, mask) = reader.addressAndMask(argument) else { return nil }
            return savedAddress(address, mask: mask, family)
        }
    }

    /// `policy_check`
    private func check(_ reader: inout OptionReader) {
        let place = reader.nameRange
        if isNone {
            if isStrict { reader.error("--pol none can't be --strict", at: place) }
            if elements.count == 1, !elements[0].isEmpty {
                reader.warning("iptables leaves out what --pol none says of a policy", at: place)
            }
            return
        }
        for element in elements {
            if isStrict, element.isEmpty {
                reader.error(
                    "with --strict, an element needs one of \(PolicyMatch.elementOptions.joined(separator: ", "))",
                    at: place)
            }
            let isTunnel = element["--mode"].map { ($0.value == "tunnel") != $0.isNegated } ?? false
            if !isTunnel, element["--tunnel-src"] != nil || element["--tunnel-dst"] != nil {
                reader.error("--tunnel-src and --tunnel-dst need --mode tunnel", at: place)
            }
        }
    }

    /// `policy_mt_check`
    public var hooks: Set<Hook>? {
        isIncoming ? [.prerouting, .input, .forward] : [.forward, .output, .postrouting]
    }

    public var condition: Condition {
        let direction = isIncoming ? "came out of" : "goes into"
        if isNone {
            return .packet(PacketTest(summary: "no IPsec: \(direction) no transform") { _, _ in .holds })
        }
        let words = elements.map(elementWords).filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
        let list = words.isEmpty ? "" : ": \(words.joined(separator: " --next "))"
        let summary =
            "\(direction) \(isStrict ? "exactly these IPsec transforms" : "an IPsec transform")\(list)"
        return .fact(FactTest(fact: "ipsec", summary: summary))
    }

    private func elementWords(_ element: Element) -> [String] {
        PolicyMatch.elementOptions.flatMap { option -> [String] in
            guard let test = element[option] else { return [] }
            return savedOption(option, test.value, isNegated: test.isNegated)
        }
    }

    public var savedWords: [String] {
        var words = ["--dir", isIncoming ? "in" : "out", "--pol", isNone ? "none" : "ipsec"]
        if isStrict { words.append("--strict") }
        if isNone { return words }
        return words + elements.map(elementWords).joined(separator: ["--next"])
    }
}
