import Diagnostics

/// The sets that a file has made so far.
///
/// A set keeps its number through renaming, so that lists refer to it by number.
struct SetWorkspace {
    struct Draft {
        var name: String
        var table: SetTable
        /// Where it was made; nil if another file made it.
        let range: SourceRange?
        /// How many lists it is in.
        var references = 0
    }

    init() {}

    init(_ catalogue: SetCatalogue) {
        for set in catalogue.sets { create(set.name, set.table, at: nil) }
        for member in catalogue.sets.flatMap(\.table.members) { refer(to: member.set, by: 1) }
    }

    /// By number; nil where one was destroyed.
    private(set) var drafts: [Draft?] = []
    private var numbers: [String: Int] = [:]

    /// The kernel numbers sets with 16 bits.
    static let mostSets = 65_534

    var names: [String] { drafts.compactMap { $0?.name } }
    var count: Int { numbers.count }

    func number(of name: String) -> Int? { numbers[name] }

    /// - Precondition: there is a set of this number.
    subscript(number: Int) -> Draft {
        get {
            guard let draft = drafts[number] else { preconditionFailure("no set \(number)") }
            return draft
        }
    }

    /// A set's type and options, without a copy of its contents.
    func header(of number: Int) -> (type: SetType, options: SetOptions) {
        guard let type = drafts[number]?.table.type, let options = drafts[number]?.table.options else {
            preconditionFailure("no set \(number)")
        }
        return (type, options)
    }

    func entryCount(of number: Int) -> Int { drafts[number]?.table.entries.count ?? 0 }

    func memberCount(of number: Int) -> Int { drafts[number]?.table.members.count ?? 0 }

    /// Changes a set's contents in their place.
    mutating func change<Result>(_ number: Int, _ body: (inout SetTable) -> Result) -> Result {
        guard var draft = drafts[number].take() else { preconditionFailure("no set \(number)") }
        let result = body(&draft.table)
        drafts[number] = draft
        return result
    }

    mutating func refer(to number: Int, by change: Int) { drafts[number]?.references += change }

    mutating func create(_ name: String, _ table: SetTable, at range: SourceRange?) {
        numbers[name] = drafts.count
        drafts.append(Draft(name: name, table: table, range: range))
    }

    /// - Precondition: it is in no list.
    mutating func destroy(_ number: Int) {
        flush(number)
        if let name = drafts[number]?.name { numbers[name] = nil }
        drafts[number] = nil
    }

    mutating func destroyAll() { self = SetWorkspace() }

    mutating func flush(_ number: Int) {
        for member in self[number].table.members { refer(to: member.set, by: -1) }
        change(number) { $0.removeAll() }
    }

    mutating func rename(_ number: Int, to name: String) {
        numbers[self[number].name] = nil
        numbers[name] = number
        drafts[number]?.name = name
    }

    /// The two sets change places: whoever refers to one by name, or by number, finds the other's contents.
    mutating func swap(_ first: Int, _ second: Int) {
        guard let a = drafts[first], let b = drafts[second] else { return }
        drafts[first]?.table = b.table
        drafts[second]?.table = a.table
    }

    /// What is there at the end; lists refer to sets by their places in it.
    func catalogue() -> SetCatalogue {
        var places: [Int?] = []
        var next = 0
        for draft in drafts {
            places.append(draft == nil ? nil : next)
            if draft != nil { next += 1 }
        }
        return SetCatalogue(
            drafts.compactMap { draft in
                guard var draft else { return nil }
                for index in draft.table.members.indices {
                    guard let place = places[draft.table.members[index].set] else {
                        preconditionFailure("a list refers to a set that is gone")
                    }
                    draft.table.members[index].set = place
                }
                return SetDefinition(name: draft.name, table: draft.table)
            })
    }
}
