internal import Packets

/// The entries of a connection table: trivially copyable, reused through a free list, growing by doubling.
///
/// Raw memory instead of an Array: see the figures at `TupleIndex`.
struct ConnectionSlab: ~Copyable {
    private var base: UnsafeMutablePointer<Connection>
    private var capacity: Int
    /// Entries below this have been in use at some time.
    private(set) var extent = 0
    /// The head of the free list; each free entry's `serial` is the next, `end` the last.
    private var firstFree = ConnectionSlab.end
    private var created: UInt64 = 0
    private(set) var count = 0
    private static let end = UInt64.max
    /// A reference of `TupleIndex` has 31 bits for an entry.
    static let limit = 1 << 30

    init() {
        capacity = 1024
        base = ConnectionSlab.memory(capacity)
    }

    deinit { base.deallocate() }

    /// An entry; the pointer holds until the next `allocate`.
    func pointer(to index: Int) -> UnsafeMutablePointer<Connection> {
        precondition(index >= 0 && index < extent)
        return base + index
    }

    /// A new, empty connection.
    /// - Precondition: `count` is below `limit`.
    mutating func allocate(original: FlowTuple, reply: FlowTuple) -> Int {
        precondition(count < ConnectionSlab.limit)
        created &+= 1
        count += 1
        if firstFree != ConnectionSlab.end {
            let index = Int(firstFree)
            firstFree = base[index].serial
            base[index] = Connection(
                original: original, reply: reply, generation: base[index].generation &+ 1, serial: created)
            return index
        }
        if extent == capacity { grow() }
        let index = extent
        extent += 1
        (base + index).initialize(
            to: Connection(original: original, reply: reply, generation: 1, serial: created))
        return index
    }

    mutating func free(_ index: Int) {
        precondition(index >= 0 && index < extent && base[index].isInUse)
        base[index].generation &+= 1
        base[index].serial = firstFree
        firstFree = UInt64(index)
        count -= 1
    }

    /// Entries begin on a cache line.
    private static func memory(_ capacity: Int) -> UnsafeMutablePointer<Connection> {
        UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<Connection>.stride, alignment: 64)
            .bindMemory(to: Connection.self, capacity: capacity)
    }

    private mutating func grow() {
        let larger = ConnectionSlab.memory(capacity * 2)
        larger.moveInitialize(from: base, count: extent)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
