/// Values by key, from the one that wasn't used for longest to the newest.
struct RecencyList<Key: Hashable, Value> {
    private struct Entry {
        var key: Key
        var value: Value
        var older: Int?
        var newer: Int?
    }

    private var entries: [Entry] = []
    private var free: [Int] = []
    private var places: [Key: Int] = [:]
    private var oldest: Int?
    private var newest: Int?

    var count: Int { places.count }

    subscript(place: Int) -> Value {
        get { entries[place].value }
        set { entries[place].value = newValue }
        _modify { yield &entries[place].value }
    }

    /// Makes a key the newest; nil if it isn't there. The place holds until an entry is removed.
    mutating func renew(_ key: Key) -> Int? {
        guard let place = places[key] else { return nil }
        unlink(place)
        link(place)
        return place
    }

    /// - Precondition: the key isn't there.
    mutating func insert(_ key: Key, _ value: Value) -> Int {
        let entry = Entry(key: key, value: value)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[key] = place
        link(place)
        return place
    }

    /// Removes from the oldest on, as long as the condition holds.
    mutating func removeOldest(while condition: (Value) -> Bool) {
        while let place = oldest, condition(entries[place].value) {
            unlink(place)
            places[entries[place].key] = nil
            free.append(place)
        }
    }

    private mutating func link(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = nil
        if let newest { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (entries[place].older, entries[place].newer)
        if let older { entries[older].newer = newer } else { oldest = newer }
        if let newer { entries[newer].older = older } else { newest = older }
    }
}
