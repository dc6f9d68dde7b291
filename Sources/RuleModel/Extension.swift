public import Packets

/// A match (`-m NAME`) of one rule: parsed options, their meaning, and how `iptables-save` prints them.
public protocol Match: Sendable {
    static var schema: ExtensionSchema { get }

    /// Reads the options of one occurrence; reports what is wrong with them and gives nil.
    init?(_ reader: inout OptionReader)

    var condition: Condition { get }

    /// What it means where iptables-nft puts expressions of nf_tables in its place; `condition` unless it is given.
    var nftCondition: Condition { get }

    /// The hooks from which a rule with these options may be reached; nil for all. The schema's unless it is given.
    var hooks: Set<Hook>? { get }

    /// What `iptables-save` prints behind `-m NAME`, word by word, quoted where it must be.
    var savedWords: [String] { get }

    /// What a packet needs, in words, where the failing part of the condition alone would say too little. Nil unless it
    /// is given.
    var narration: String? { get }
}

extension Match {
    public var nftCondition: Condition { condition }
    public var narration: String? { nil }
    public var hooks: Set<Hook>? { Self.schema.hooks }
}

/// A target (`-j NAME`) that isn't a chain.
public protocol TargetExtension: Sendable {
    static var schema: ExtensionSchema { get }

    /// Reads the options of one occurrence; reports what is wrong with them and gives nil.
    init?(_ reader: inout OptionReader)

    var action: Action { get }

    /// The hooks from which a rule with these options may be reached; nil for all. The schema's unless it is given.
    var hooks: Set<Hook>? { get }

    /// What the kernel has against the target in a rule with this header and these matches; nil if nothing.
    func objection(to header: RuleHeader, _ matches: [any Match]) -> String?

    /// What `iptables-save` prints behind `-j NAME`, word by word, quoted where it must be.
    var savedWords: [String] { get }
}

extension TargetExtension {
    public var hooks: Set<Hook>? { Self.schema.hooks }
    public func objection(to header: RuleHeader, _ matches: [any Match]) -> String? { nil }
}

/// How far packets of a capture show what a match or target makes of them.
public enum Evaluation: Hashable, Sendable {
    /// Each packet meets with what the kernel would do.
    case exact
    /// Some options, or some packets, need a fact of this name (or `set:NAME`, for `set`), which no capture tells (`FactTest`).
    case needs(String)
    /// It is read, checked and printed, and its rules count; what else it does, no packet shows (`AsideEffect`).
    case compiledOnly
}

/// What can be said of a match or target before its options are read.
public struct ExtensionSchema: Sendable {
    public let name: String
    public let evaluation: Evaluation
    public let families: Set<AddressFamily>
    public let options: [OptionSpec]
    /// The tables in which the kernel takes it; nil for all.
    public let tables: Set<TableKind>?
    /// The hooks from which a rule with it may be reached; nil for all.
    public let hooks: Set<Hook>?
    /// The protocols one of which the rule must name with `-p`, not negated; nil for none.
    public let protocols: Set<IPProtocol>?

    public init(
        _ name: String, evaluation: Evaluation = .exact,
        families: Set<AddressFamily> = [.ipv4, .ipv6], tables: Set<TableKind>? = nil,
        hooks: Set<Hook>? = nil, protocols: Set<IPProtocol>? = nil, options: [OptionSpec] = []
    ) {
        self.name = name
        self.evaluation = evaluation
        self.families = families
        self.tables = tables
        self.hooks = hooks
        self.protocols = protocols
        self.options = options
    }
}

/// One option of a match or target, as `getopt_long` and libxtables would take it.
public struct OptionSpec: Sendable {
    /// With its dashes: `--destination-port`.
    public let name: String
    /// Other spellings: `--dport`. Abbreviations of any spelling are taken too, where they are unambiguous.
    public let aliases: [String]
    public let argument: Argument
    public let isNegatable: Bool
    public let isRepeatable: Bool
    /// Whether it must be there.
    public let isRequired: Bool

    public enum Argument: Sendable, Hashable {
        case none
        case one
        /// Taken if the next word isn't an option.
        case optional
        case two
    }

    public init(
        _ name: String, aliases: [String] = [], argument: Argument = .one, negatable: Bool = false,
        repeatable: Bool = false, required: Bool = false
    ) {
        self.name = name
        self.aliases = aliases
        self.argument = argument
        isNegatable = negatable
        isRepeatable = repeatable
        isRequired = required
    }
}

/// The matches and targets that rules may use. The explicit lists are in `Extensions`.
public struct Catalogue: Sendable {
    public let matches: [any Match.Type]
    public let targets: [any TargetExtension.Type]

    public init(matches: [any Match.Type], targets: [any TargetExtension.Type]) {
        self.matches = matches
        self.targets = targets
    }

    public func match(_ name: String, family: AddressFamily) -> (any Match.Type)? {
        matches.first { $0.schema.name == name && $0.schema.families.contains(family) }
    }

    public func target(_ name: String, family: AddressFamily) -> (any TargetExtension.Type)? {
        targets.first { $0.schema.name == name && $0.schema.families.contains(family) }
    }
}
