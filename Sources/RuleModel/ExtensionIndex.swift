import Packets

/// A match or target of the catalogue, with its options ready for look-up.
final class ExtensionEntry {
    enum Implementation {
        case match(any Match.Type)
        case target(any TargetExtension.Type)
    }

    let implementation: Implementation
    let schema: ExtensionSchema
    /// From a spelling with its dashes to an index in `schema.options`.
    let indexes: [String: Int]
    /// In the order of the schema.
    let spellings: [(spelling: String, index: Int)]

    init(_ implementation: Implementation) {
        self.implementation = implementation
        switch implementation {
        case .match(let type): schema = type.schema
        case .target(let type): schema = type.schema
        }
        var spellings: [(spelling: String, index: Int)] = []
        for (index, option) in schema.options.enumerated() {
            spellings += ([option.name] + option.aliases).map { ($0, index) }
        }
        self.spellings = spellings
        indexes = Dictionary(
            spellings.map { ($0.spelling, $0.index) }, uniquingKeysWith: { first, _ in first })
    }

    var isTarget: Bool {
        if case .target = implementation { true } else { false }
    }
}

/// The catalogue for one family, by name.
struct ExtensionIndex {
    let family: AddressFamily
    let matches: [String: ExtensionEntry]
    let targets: [String: ExtensionEntry]
    /// Names that only the other family has.
    let foreignNames: Set<String>

    init(_ catalogue: Catalogue, family: AddressFamily) {
        func index(_ entries: [ExtensionEntry]) -> [String: ExtensionEntry] {
            Dictionary(
                entries.filter { $0.schema.families.contains(family) }.map { ($0.schema.name, $0) },
                uniquingKeysWith: { first, _ in first })
        }
        let matches = index(catalogue.matches.map { ExtensionEntry(.match($0)) })
        let targets = index(catalogue.targets.map { ExtensionEntry(.target($0)) })
        let names = catalogue.matches.map { $0.schema.name } + catalogue.targets.map { $0.schema.name }
        self.family = family
        foreignNames = Set(names.filter { matches[$0] == nil && targets[$0] == nil })
        self.matches = matches
        self.targets = targets
    }

    /// What to say of a match or target that isn't in the index.
    func explanation(ofMissing kind: String, _ name: String, known: Set<String>) -> String {
        if foreignNames.contains(name) { return "the \(kind) \"\(name)\" is for the other IP version" }
        if known.contains(name) { return "\(kind) \"\(name)\" is not supported yet" }
        return "unknown \(kind) \"\(name)\""
    }

    /// `icmpv6` and `ipv6-icmp` are other names of `icmp6` (`xtables_find_match` in `libxtables/xtables.c`).
    func match(_ name: String) -> ExtensionEntry? {
        matches[name == "icmpv6" || name == "ipv6-icmp" ? "icmp6" : name]
    }

    /// The match that `-p` loads by itself when an option asks for it (`find_proto` in `iptables/xshared.c`).
    /// - Parameter protocolText: as written.
    func match(forProtocol protocolText: String) -> ExtensionEntry? {
        if parseNumber(protocolText) != nil {
            return ProtocolNames.number(protocolText)?.name.flatMap { match($0) }
        }
        return match(protocolText.lowercased())
    }

    /// The extensions that have an option of this spelling, by name; if there are any, those too for which it is
    /// an abbreviation.
    func owners(ofOption spelling: String) -> [ExtensionEntry] {
        let all = Array(matches.values) + Array(targets.values)
        guard all.contains(where: { $0.indexes[spelling] != nil }) else { return [] }
        return all.filter { $0.spellings.contains { $0.spelling.hasPrefix(spelling) } }
            .sorted { $0.schema.name < $1.schema.name }
    }

    /// All option spellings of the catalogue, sorted.
    func allSpellings() -> [String] {
        Set((Array(matches.values) + Array(targets.values)).flatMap(\.indexes.keys)).sorted()
    }
}
