/// A set as a file made it: its name, and the contents it begins with.
public struct SetDefinition: Sendable {
    public let name: String
    public let table: SetTable

    public init(name: String, table: SetTable) {
        self.name = name
        self.table = table
    }

    public var type: SetType { table.type }
    public var options: SetOptions { table.options }
    /// By their elements; those of one network in the order in which they came. None for a list.
    public var entries: [SetEntry] { table.entries.sorted() }
    /// How many elements it has, or members.
    public var count: Int { type.storage == .list ? table.members.count : table.entries.count }
}

/// Sets by name, in the order in which they were made.
public final class SetCatalogue: Sendable {
    public let sets: [SetDefinition]
    private let indexes: [String: Int]

    /// - Precondition: no two have one name, and lists name their members by their places here.
    public init(_ sets: [SetDefinition]) {
        self.sets = sets
        indexes = Dictionary(uniqueKeysWithValues: sets.enumerated().map { ($1.name, $0) })
    }

    public func index(of name: String) -> Int? { indexes[name] }

    public subscript(name: String) -> SetDefinition? { indexes[name].map { sets[$0] } }

    public var names: [String] { sets.map(\.name) }

    /// The names of the sets in a list, in order; none for any other set.
    public func members(of name: String) -> [String] {
        self[name]?.table.members.map { sets[$0.set].name } ?? []
    }
}
