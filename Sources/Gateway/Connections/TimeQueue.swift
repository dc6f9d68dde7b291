public import Packets

/// What is to happen, the earliest first; what is due at the same time in the order of its coming.
public struct TimeQueue<Element: Sendable>: Sendable {
    private struct Entry: Sendable {
        var time: Timestamp
        var order: UInt64
        var element: Element

        static func < (a: Entry, b: Entry) -> Bool {
            a.time == b.time ? a.order < b.order : a.time < b.time
        }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var order: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }
    public var earliest: Timestamp? { entries.first?.time }

    public mutating func add(_ element: Element, at time: Timestamp) {
        entries.append(Entry(time: time, order: order, element: element))
        order &+= 1
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child] < entries[parent] else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// The first that is due.
    public mutating func take(until time: Timestamp) -> (time: Timestamp, element: Element)? {
        guard let first = entries.first, first.time <= time else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return (first.time, first.element) }
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
            guard entries[child] < entries[parent] else { break }
            entries.swapAt(child, parent)
            parent = child
        }
        return (first.time, first.element)
    }
}
