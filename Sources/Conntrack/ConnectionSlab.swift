internal import Packets

/// The entries of a connection table: trivially copyable, in one array that grows by doubling, reused through
/// a free list.
///
/// Raw memory would save 28 of about 1,250 instructions a packet (callgrind, 500 TCP flows), too few to be
/// unsafe for.
struct ConnectionSlab: ~Copyable {
    private var entries: [Connection] = []
    /// The head of the free list; each free entry's `serial` is the next, `end` the last.
    private var firstFree = ConnectionSlab.end
    private var created: UInt64 = 0
    private(set) var count = 0
    private static let end = UInt64.max
    /// A reference of `TupleIndex` has 31 bits for an entry.
    static let limit = 1 << 30

    /// Entries below this have been in use at some time.
    var extent: Int { entries.count }

    subscript(index: Int) -> Connection {
        @inline(__always) _read { yield entries[index] }
        @inline(__always) _modify { yield &entries[index] }
    }

    /// A new, empty connection.
    /// - Precondition: `count` is below `limit`.
    mutating func allocate(original: FlowTuple, reply: FlowTuple) -> Int {
        precondition(count < ConnectionSlab.limit)
        created &+= 1
        count += 1
        guard firstFree != ConnectionSlab.end else {
            entries.append(Connection(original: original, reply: reply, generation: 1, serial: created))
            return entries.count - 1
        }
        let index = Int(firstFree)
        firstFree = entries[index].serial
        entries[index] = Connection(
            original: original, reply: reply, generation: entries[index].generation &+ 1, serial: created)
        return index
    }

    mutating func free(_ index: Int) {
        precondition(entries[index].isInUse)
        entries[index].generation &+= 1
        entries[index].serial = firstFree
        firstFree = UInt64(index)
        count -= 1
    }
}
