import Diagnostics
import Packets

/// A chain while its table is read.
struct ChainDraft {
    let name: String
    let hook: Hook?
    var policy: Chain.Policy?
    var counters = RuleCounters()
    var declaration: SourceRange?
    var rules: [Rule] = []
    /// Where each rule stands, once one was inserted before others; nil while all were appended.
    var order: InsertionOrder?
    /// The chains it jumps or goes to, each with the first place that says so.
    var jumps: [Int: SourceRange] = [:]
    /// Its rules' matches and targets that the kernel takes at some hooks only.
    var restrictions: [Restriction] = []

    struct Restriction {
        let name: String
        let hooks: Set<Hook>
        let range: SourceRange
    }

    mutating func append(_ rule: Rule) {
        order?.insert(rules.count, at: rules.count)
        rules.append(rule)
    }

    /// - Parameter position: from 0 to the number of rules.
    mutating func insert(_ rule: Rule, at position: Int) {
        if position == rules.count, order == nil {
            rules.append(rule)
            return
        }
        if order == nil { order = InsertionOrder(count: rules.count) }
        order?.insert(rules.count, at: position)
        rules.append(rule)
    }
}

/// A table while it is read.
struct TableDraft {
    let kind: TableKind
    /// The `*table` line's word.
    let range: SourceRange
    var chains: [ChainDraft]
    var indexes: [String: Int]

    init(_ kind: TableKind, range: SourceRange) {
        self.kind = kind
        self.range = range
        chains = kind.hooks.map { ChainDraft(name: $0.chainName, hook: $0, policy: .accept) }
        indexes = Dictionary(uniqueKeysWithValues: chains.enumerated().map { ($1.name, $0) })
    }

    mutating func add(_ chain: ChainDraft) {
        indexes[chain.name] = chains.count
        chains.append(chain)
    }

    func table() -> Table {
        let users = chains.dropFirst(kind.hooks.count).sorted {
            $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        return Table(
            kind: kind,
            chains: (chains.prefix(kind.hooks.count) + users).map { draft in
                Chain(
                    name: draft.name, hook: draft.hook, policy: draft.policy, counters: draft.counters,
                    rules: draft.order.map { $0.positions.map { draft.rules[$0] } } ?? draft.rules,
                    declaration: draft.declaration)
            })
    }
}

/// A sequence of numbers into which others are inserted anywhere, in pieces so that a file of `-I` takes no
/// quadratic time.
struct InsertionOrder {
    private static let largestPiece = 1024
    private var pieces: [[Int32]]

    init(count: Int) {
        pieces = stride(from: 0, to: count, by: Self.largestPiece).map { lower in
            Array(Int32(lower)..<Int32(min(count, lower + Self.largestPiece)))
        }
    }

    mutating func insert(_ number: Int, at position: Int) {
        var piece = 0
        var rest = position
        while piece < pieces.count, rest > pieces[piece].count {
            rest -= pieces[piece].count
            piece += 1
        }
        if piece == pieces.count { pieces.append([]) }
        pieces[piece].insert(Int32(number), at: rest)
        if pieces[piece].count > Self.largestPiece {
            let half = pieces[piece].count / 2
            pieces.insert(Array(pieces[piece][half...]), at: piece + 1)
            pieces[piece].removeSubrange(half...)
        }
    }

    var positions: [Int] { pieces.flatMap { $0.map(Int.init) } }
}
