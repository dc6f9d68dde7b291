public import Packets
public import RuleModel

/// `-m addrtype`, revision 1 (extensions/libxt_addrtype.c; net/netfilter/xt_addrtype.c).
public struct AddressTypeMatch: Match {
    public static let schema = ExtensionSchema(
        "addrtype",
        options: [
            OptionSpec("--src-type", negatable: true),
            OptionSpec("--dst-type", negatable: true),
            OptionSpec("--limit-iface-in", argument: .none),
            OptionSpec("--limit-iface-out", argument: .none),
        ])

    private let family: AddressFamily
    private var source: Negatable<AddressTypes>?
    private var destination: Negatable<AddressTypes>?
    private let scope: AddressTypeScope

    public init?(_ reader: inout OptionReader) {
        family = reader.context.family
        switch reader.atMostOne(of: ["--limit-iface-in", "--limit-iface-out"])?.name {
        case "--limit-iface-in": scope = .inputInterface
        case "--limit-iface-out": scope = .outputInterface
        default: scope = .anyInterface
        }
        if reader.option("--src-type") == nil, reader.option("--dst-type") == nil {
            reader.error("addrtype needs --src-type or --dst-type", at: reader.nameRange)
        }
        source = reader.option("--src-type").flatMap { AddressTypeMatch.types($0, &reader) }
        destination = reader.option("--dst-type").flatMap { AddressTypeMatch.types($0, &reader) }
        if reader.hasErrors { return nil }
    }

    /// What the kernel's `addrtype_mt_checkentry_v1` asks of the hooks.
    public var hooks: Set<Hook>? {
        switch scope {
        case .anyInterface: nil
        case .inputInterface: [.prerouting, .input, .forward]
        case .outputInterface: [.forward, .output, .postrouting]
        }
    }

    public var condition: Condition {
        var parts: [Condition] = []
        if let source { parts.append(test(.source, source.value).negated(if: source.isNegated)) }
        if let destination {
            parts.append(test(.destination, destination.value).negated(if: destination.isNegated))
        }
        return .all(parts)
    }

    private func test(_ field: AddressField, _ types: AddressTypes) -> Condition {
        guard family == .ipv6 else { return .addressType(field, types, limitedTo: scope) }
        // `match_type6`: of these three types, the address must be each that is named.
        var parts: [Condition] = []
        if types.contains(.multicast) { parts.append(AddressTypeMatch.multicast(field)) }
        if types.contains(.unicast) {
            // `__ipv6_addr_type`: neither multicast, nor ::, nor IPv4-mapped.
            let mapped: UInt128 = 0xffff << 32
            parts.append(.not(AddressTypeMatch.multicast(field)))
            parts.append(.not(.address(field, value: 0, mask: .max)))
            parts.append(.not(.address(field, value: mapped, mask: .max << 32)))
        }
        if types.contains(.unspecified) { parts.append(.address(field, value: 0, mask: .max)) }
        let routed = types.intersection([.local, .anycast, .unreachable])
        if !routed.isEmpty { parts.append(.addressType(field, routed, limitedTo: scope)) }
        return .all(parts)
    }

    private static func multicast(_ field: AddressField) -> Condition {
        .address(field, value: 0xff << 120, mask: 0xff << 120)
    }

    public var savedWords: [String] {
        var words: [String] = []
        for (name, types) in [("--src-type", source), ("--dst-type", destination)] {
            guard let types else { continue }
            let list = AddressTypeMatch.names.filter { types.value.contains($0.value) }.map(\.name)
            words += savedOption(name, list.joined(separator: ","), isNegated: types.isNegated)
        }
        switch scope {
        case .anyInterface: break
        case .inputInterface: words.append("--limit-iface-in")
        case .outputInterface: words.append("--limit-iface-out")
        }
        return words
    }

    private static let names: [(name: String, value: AddressTypes)] = [
        ("UNSPEC", .unspecified), ("UNICAST", .unicast), ("LOCAL", .local), ("BROADCAST", .broadcast),
        ("ANYCAST", .anycast), ("MULTICAST", .multicast), ("BLACKHOLE", .blackhole),
        ("UNREACHABLE", .unreachable),
        ("PROHIBIT", .prohibit), ("THROW", .throw), ("NAT", .nat), ("XRESOLVE", .xresolve),
    ]

    private static let inIPv6: AddressTypes = [
        .unspecified, .unicast, .local, .anycast, .multicast, .unreachable,
    ]

    private static func types(_ option: ParsedOption, _ reader: inout OptionReader) -> Negatable<
        AddressTypes
    >? {
        let argument = option.arguments[0]
        guard let values = reader.names(argument, among: names, what: "address type") else { return nil }
        let types = values.reduce(into: AddressTypes()) { $0.formUnion($1) }
        guard reader.context.family == .ipv4 || types.isSubset(of: inIPv6) else {
            let wrong = names.filter { types.contains($0.value) && !inIPv6.contains($0.value) }.map(\.name)
            reader.error("IPv6 has no address type \(wrong.joined(separator: ", "))", at: argument.range)
            return nil
        }
        return Negatable(types, isNegated: option.isNegated)
    }
}
