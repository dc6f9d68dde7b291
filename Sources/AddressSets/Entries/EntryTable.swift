/// The entries of one set, found by their elements.
///
/// Entries of `hash:net,iface` that differ in their interface alone are chained, in the order in which they came: the
/// kernel tells them apart only after it found the network.
struct EntryTable: Sendable {
    private var heads: [SetElement: Int32] = [:]
    private var slots: [Slot] = []
    private var free: [Int32] = []
    /// Of networks; empty for types without them.
    private(set) var first = PrefixLengths()
    private(set) var second = PrefixLengths()
    private let hasNetworks: Bool
    /// No entry expires before it.
    private var earliestExpiry = Int64.max
    /// Where the search for the oldest entry goes on.
    private var hand = 0

    private struct Slot: Sendable {
        var entry: SetEntry?
        var next: Int32 = -1
    }

    init(hasNetworks: Bool) { self.hasNetworks = hasNetworks }

    var count: Int { slots.count - free.count }

    /// By their elements; those of one network in the order in which they came.
    func sorted() -> [SetEntry] {
        var result: [SetEntry] = []
        result.reserveCapacity(count)
        for element in heads.keys.sorted() {
            var index = head(element)
            while let current = index {
                result.append(self[current])
                index = next(after: current)
            }
        }
        return result
    }

    /// The first of the entries with an element.
    func head(_ element: SetElement) -> Int? { heads[element].map(Int.init) }

    func next(after index: Int) -> Int? {
        let next = slots[index].next
        return next < 0 ? nil : Int(next)
    }

    /// - Precondition: there is an entry at the index.
    subscript(index: Int) -> SetEntry {
        get {
            guard let entry = slots[index].entry else { preconditionFailure("no entry") }
            return entry
        }
    }

    /// - Precondition: there is an entry at the index.
    func interface(at index: Int) -> (name: String, isWildcard: Bool)? {
        slots[index].entry?.interface.map { ($0, slots[index].entry?.isWildcard == true) }
    }

    /// Changes an entry in its place; its element must stay.
    mutating func change<Result>(_ index: Int, _ body: (inout SetEntry) -> Result) -> Result {
        guard var entry = slots[index].entry.take() else { preconditionFailure("no entry") }
        let result = body(&entry)
        slots[index].entry = entry
        earliestExpiry = min(earliestExpiry, entry.extras.expiry)
        return result
    }

    /// - Precondition: there is none like it.
    mutating func insert(_ entry: SetEntry) {
        let index: Int32
        if let reused = free.popLast() {
            index = reused
            slots[Int(index)] = Slot(entry: entry)
        } else {
            index = Int32(slots.count)
            slots.append(Slot(entry: entry))
        }
        if let head = heads[entry.element] {
            var last = Int(head)
            while let next = next(after: last) { last = next }
            slots[last].next = index
        } else {
            heads[entry.element] = index
        }
        if hasNetworks {
            first.insert(entry.element.length)
            second.insert(entry.element.secondLength)
        }
        earliestExpiry = min(earliestExpiry, entry.extras.expiry)
    }

    mutating func remove(at index: Int) {
        guard let entry = slots[index].entry else { return }
        let next = slots[index].next
        if heads[entry.element] == Int32(index) {
            heads[entry.element] = next < 0 ? nil : next
        } else if let head = heads[entry.element] {
            var before = Int(head)
            while slots[before].next != Int32(index) { before = Int(slots[before].next) }
            slots[before].next = next
        }
        slots[index] = Slot()
        free.append(Int32(index))
        if hasNetworks {
            first.remove(entry.element.length)
            second.remove(entry.element.secondLength)
        }
    }

    mutating func removeAll() { self = EntryTable(hasNetworks: hasNetworks) }

    mutating func removeExpired(at now: Int64) {
        guard earliestExpiry < now else { return }
        earliestExpiry = .max
        for index in slots.indices {
            guard let entry = slots[index].entry else { continue }
            if entry.extras.hasExpired(at: now) {
                remove(at: index)
            } else {
                earliestExpiry = min(earliestExpiry, entry.extras.expiry)
            }
        }
    }

    /// Removes the entry that came first, or nearly so where others have been removed before.
    mutating func removeOldest() {
        for _ in slots.indices {
            if hand >= slots.count { hand = 0 }
            defer { hand += 1 }
            if slots[hand].entry != nil {
                remove(at: hand)
                return
            }
        }
    }
}
