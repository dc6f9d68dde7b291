import Packets

/// Prints a rule set as `iptables-save` and `ip6tables-save` of iptables-legacy 1.8.9 do, less their comment lines.
/// Tables stand in the set's order; the kernel's is the reverse of the order in which they were first used.
public struct SyntaxPrinter {
    /// Whose counters are wanted: a rule's, or the policy's of a base chain.
    public struct CounterPlace: Hashable, Sendable {
        public let table: TableKind
        /// An index in `Table.chains`.
        public let chain: Int
        /// An index in `Chain.rules`; nil for the policy.
        public let rule: Int?

        public init(table: TableKind, chain: Int, rule: Int?) {
            self.table = table
            self.chain = chain
            self.rule = rule
        }
    }

    private let ruleSet: RuleSet

    public init(_ ruleSet: RuleSet) {
        self.ruleSet = ruleSet
    }

    /// - Parameters:
    ///   - showsRuleCounters: as with `-c`; policies always have theirs.
    ///   - counters: asked for every policy, and for every rule if those are shown; nil prints the file's own.
    public func text(
        showsRuleCounters: Bool = false, counters: ((CounterPlace) -> RuleCounters)? = nil
    ) -> String {
        var text = ""
        for table in ruleSet.tables {
            text += "*\(table.kind.rawValue)\n"
            for (index, chain) in table.chains.enumerated() {
                let place = CounterPlace(table: table.kind, chain: index, rule: nil)
                if let policy = chain.policy {
                    let counts = counters?(place) ?? chain.counters
                    text += ":\(chain.name) \(policy.rawValue) [\(counts.packets):\(counts.bytes)]\n"
                } else {
                    text += ":\(chain.name) - [0:0]\n"
                }
            }
            for (index, chain) in table.chains.enumerated() {
                for (number, rule) in chain.rules.enumerated() {
                    if showsRuleCounters {
                        let place = CounterPlace(table: table.kind, chain: index, rule: number)
                        let counts = counters?(place) ?? rule.counters
                        text += "[\(counts.packets):\(counts.bytes)] "
                    }
                    append(rule, of: chain, to: &text)
                    text += "\n"
                }
            }
            text += "COMMIT\n"
        }
        return text
    }

    /// One rule as `-A CHAIN …`, without counters.
    public func text(of rule: Rule, in chain: Chain) -> String {
        "-A \(chain.name)" + Self.text(of: rule, family: ruleSet.family)
    }

    private func append(_ rule: Rule, of chain: Chain, to text: inout String) {
        text += "-A \(chain.name)"
        Self.append(rule, family: ruleSet.family, to: &text)
    }

    /// What stands behind `-A CHAIN`, with a blank before it.
    static func text(of rule: Rule, family: AddressFamily) -> String {
        var text = ""
        append(rule, family: family, to: &text)
        return text
    }

    /// The same for a rule as it is written, with lists of addresses.
    static func text(of rule: RuleFileReader.WrittenRule, family: AddressFamily) -> String {
        func list(_ option: String, _ addresses: [Negatable<AddressMask>?]) -> String {
            let any = AddressMask(value: 0, mask: 0)
            let texts = addresses.map { AddressSyntax.text($0?.value ?? any, family: family) }
            return " \(option) \(texts.joined(separator: ","))"
        }
        var text = ""
        var header = rule.parts.header
        if rule.parts.sources.count == 1 { header.source = rule.parts.sources[0] }
        if rule.parts.destinations.count == 1 { header.destination = rule.parts.destinations[0] }
        if rule.parts.sources.count > 1 {
            text += list("-s", rule.parts.sources)
        } else {
            append(header.source, "-s", family, to: &text)
            header.source = nil
        }
        if rule.parts.destinations.count > 1 { text += list("-d", rule.parts.destinations) }
        append(header, family: family, to: &text)
        append(rule.matches, rule.target, to: &text)
        return text
    }

    private static func append(_ rule: Rule, family: AddressFamily, to text: inout String) {
        append(rule.header, family: family, to: &text)
        append(rule.matches, rule.target, to: &text)
    }

    private static func append(_ matches: [any Match], _ target: RuleTarget, to text: inout String) {
        for match in matches {
            text += " -m \(type(of: match).schema.name)"
            append(match.savedWords, to: &text)
        }
        switch target {
        case .none: break
        case .jump(let chain): text += " -j \(chain)"
        case .goto(let chain): text += " -g \(chain)"
        case .action(let target):
            text += " -j \(type(of: target).schema.name)"
            append(target.savedWords, to: &text)
        }
    }

    private static func append(_ words: [String], to text: inout String) {
        for word in words {
            text += " "
            text += word
        }
    }

    /// `save_ipv4_addr`, `save_ipv6_addr` and `save_rule_details` in `iptables/xshared.c`.
    private static func append(_ header: RuleHeader, family: AddressFamily, to text: inout String) {
        append(header.source, "-s", family, to: &text)
        append(header.destination, "-d", family, to: &text)
        append(header.inInterface, "-i", to: &text)
        append(header.outInterface, "-o", to: &text)
        if let part = header.transportProtocol {
            let name = ProtocolNames.text(part.value)
            text += "\(sign(part)) -p \(name)"
        }
        if let part = header.laterFragment { text += "\(sign(part)) -f" }
    }

    private static func append(
        _ part: Negatable<AddressMask>?, _ option: String, _ family: AddressFamily, to text: inout String
    ) {
        guard let part else { return }
        text += "\(sign(part)) \(option) \(AddressSyntax.text(part.value, family: family))"
    }

    /// A lone `+` isn't printed, even behind `!`.
    private static func append(
        _ part: Negatable<InterfacePattern>?, _ option: String, to text: inout String
    ) {
        guard let part, !part.value.text.isEmpty else { return }
        text += "\(sign(part)) \(option) \(part.value.text)\(part.value.isPrefix ? "+" : "")"
    }

    private static func sign<Value>(_ part: Negatable<Value>) -> String { part.isNegated ? " !" : "" }
}
