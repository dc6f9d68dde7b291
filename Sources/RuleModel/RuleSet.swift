public import AddressSets
public import Diagnostics
public import Packets

/// The rules of one family, validated: every jump has its chain, every match and target its meaning.
public struct RuleSet: Sendable {
    public let family: AddressFamily
    public let file: SourceFile
    /// In the order of the file; no kind twice.
    public let tables: [Table]
    /// The sets that there were when the rules were read; nil if nobody said which.
    public let sets: SetCatalogue?
    /// What loads the rules: it decides what their conditions mean.
    public let backend: RuleBackend

    public init(
        family: AddressFamily, file: SourceFile, tables: [Table], sets: SetCatalogue? = nil,
        backend: RuleBackend = .legacy
    ) {
        self.family = family
        self.file = file
        self.tables = tables
        self.sets = sets
        self.backend = backend
    }

    public func table(_ kind: TableKind) -> Table? { tables.first { $0.kind == kind } }

    /// A rule as it is written; a script's command that goes over several lines in one.
    public func writtenText(of rule: Rule) -> String {
        let text = file.text(rule.range)
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { line in
            var line = line.drop { $0 == " " || $0 == "\t" }
            while let last = line.last, last == "\\" || last == "\r" || last == " " || last == "\t" {
                line.removeLast()
            }
            return line
        }.joined(separator: " ")
    }
}

public enum TableKind: String, Hashable, Sendable, CaseIterable {
    case raw, mangle, nat, filter, security

    /// The hooks at which the table has base chains, in the order in which `iptables-save` prints them.
    public var hooks: [Hook] {
        switch self {
        case .raw: [.prerouting, .output]
        case .mangle: [.prerouting, .input, .forward, .output, .postrouting]
        case .nat: [.prerouting, .input, .output, .postrouting]
        case .filter, .security: [.input, .forward, .output]
        }
    }
}

public struct Table: Sendable {
    public let kind: TableKind
    /// Base chains first, in the order of `TableKind.hooks` and all of them, declared or not; then user chains
    /// by name, as the kernel keeps them.
    public let chains: [Chain]

    public init(kind: TableKind, chains: [Chain]) {
        self.kind = kind
        self.chains = chains
    }

    public func chain(_ name: String) -> Chain? { chains.first { $0.name == name } }
}

public struct Chain: Sendable {
    public let name: String
    /// The hook of a base chain; nil for a user chain.
    public let hook: Hook?
    /// ACCEPT or DROP for a base chain; nil for a user chain.
    public let policy: Policy?
    /// The policy's counters; zero for a user chain.
    public let counters: RuleCounters
    public let rules: [Rule]
    /// Where it is declared (`:NAME` or `-N`); nil for a base chain that the file doesn't mention.
    public let declaration: SourceRange?

    public init(
        name: String, hook: Hook?, policy: Policy?, counters: RuleCounters, rules: [Rule],
        declaration: SourceRange?
    ) {
        self.name = name
        self.hook = hook
        self.policy = policy
        self.counters = counters
        self.rules = rules
        self.declaration = declaration
    }

    /// Whether iptables-nft makes the chain: base chains that no line names aren't there (`nft_xt_builtin_init`), while
    /// x_tables has all of a table's.
    public var isMentioned: Bool { declaration != nil || !rules.isEmpty }

    public enum Policy: String, Sendable, Hashable {
        case accept = "ACCEPT"
        case drop = "DROP"
    }
}

public struct RuleCounters: Hashable, Sendable, BitwiseCopyable {
    public var packets: UInt64
    public var bytes: UInt64

    @inlinable public init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }
}

public struct Rule: Sendable {
    public let header: RuleHeader
    /// In the order in which they were written, which is the order of testing.
    public let matches: [any Match]
    public internal(set) var target: RuleTarget
    public internal(set) var counters: RuleCounters
    /// The whole line without its newline; in a script the command, which may go over several lines.
    public let range: SourceRange
    /// From 1; several rules share a line that names several addresses.
    public let line: Int
    /// The header's condition and those of the matches, in order.
    public let condition: Condition

    /// - Parameter unknown: decides the facts that the condition tests; nil leaves them open.
    public init(
        header: RuleHeader, matches: [any Match], target: RuleTarget, counters: RuleCounters,
        range: SourceRange,
        line: Int, family: AddressFamily, backend: RuleBackend = .legacy,
        assuming unknown: UnknownFacts? = nil
    ) {
        self.header = header
        self.matches = matches
        self.target = target
        self.counters = counters
        self.range = range
        self.line = line
        var conditions = header.conditions(family: family, backend: backend)
        for match in matches {
            conditions.append(backend == .nft ? match.nftCondition : match.condition)
        }
        let condition = Condition.all(conditions)
        self.condition = unknown.map { condition.assuming($0) } ?? condition
    }
}

public enum RuleTarget: Sendable {
    /// A rule without `-j`: it counts, and the packet goes on.
    case none
    case jump(chain: String)
    case goto(chain: String)
    case action(any TargetExtension)

    /// Nil for a rule that leads to a chain or only counts.
    public var action: Action? {
        if case .action(let target) = self { target.action } else { nil }
    }
}

/// What every rule can test without a match (`struct ipt_ip`, `struct ip6t_ip6`).
public struct RuleHeader: Hashable, Sendable {
    public var source: Negatable<AddressMask>?
    public var destination: Negatable<AddressMask>?
    public var inInterface: Negatable<InterfacePattern>?
    public var outInterface: Negatable<InterfacePattern>?
    public var transportProtocol: Negatable<IPProtocol>?
    /// `-f`: true for fragments behind the first. IPv4 only.
    public var laterFragment: Negatable<Bool>?

    public init() {}

    /// In the kernel's order of testing (`ip_packet_match`, `ip6_packet_match`).
    public func conditions(family: AddressFamily, backend: RuleBackend = .legacy) -> [Condition] {
        var parts: [Condition] = []
        parts.reserveCapacity(8)
        func add<Value>(_ field: Negatable<Value>?, _ condition: (Value) -> Condition) {
            guard let field else { return }
            parts.append(field.isNegated ? .not(condition(field.value)) : condition(field.value))
        }
        add(source) { .address(.source, value: $0.value, mask: $0.mask) }
        add(destination) { .address(.destination, value: $0.value, mask: $0.mask) }
        add(inInterface) { .interface(.input, $0) }
        add(outInterface) { .interface(.output, $0) }
        parts += protocolConditions(family, backend)
        add(laterFragment) { _ in .number(.fragmentOffset, in: NumberSet(1...0x1fff)) }
        return parts
    }
}

public struct Negatable<Value: Hashable & Sendable>: Hashable, Sendable {
    public var value: Value
    public var isNegated: Bool

    public init(_ value: Value, isNegated: Bool = false) {
        self.value = value
        self.isNegated = isNegated
    }
}

/// An address under a mask, which needn't be contiguous.
public struct AddressMask: Hashable, Sendable {
    /// Bits outside the mask are zero.
    public let value: UInt128
    public let mask: UInt128

    public init(value: UInt128, mask: UInt128) {
        self.value = value & mask
        self.mask = mask
    }
}
