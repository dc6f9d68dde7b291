public import Packets

/// A test with memory (`limit`, `quota` …), or of the clock. Two occurrences are equal if they are written alike; each keeps a
/// memory of its own, which whoever runs the rules makes.
public struct HistoryTest: Hashable, Sendable {
    /// What it tests, in words that distinguish it from any other: `limit 5/min burst 5`.
    public let summary: String
    /// Whether a rule with it switches connection tracking on.
    public let asksForConnection: Bool
    private let make: @Sendable (SharedMemory) -> any ConnectionHistory

    public init(
        summary: String, asksForConnection: Bool = false,
        makeHistory: @escaping @Sendable (SharedMemory) -> any ConnectionHistory
    ) {
        self.summary = summary
        self.asksForConnection = asksForConnection
        make = makeHistory
    }

    public func makeHistory(_ memory: SharedMemory) -> any ConnectionHistory { make(memory) }

    public static func == (a: HistoryTest, b: HistoryTest) -> Bool { a.summary == b.summary }
    public func hash(into hasher: inout Hasher) { hasher.combine(summary) }
}

/// The memory of one occurrence of a test. Asked once for each packet that reaches it, in the order of packets.
public protocol ConnectionHistory: AnyObject {
    /// - Parameters:
    ///   - bytes: the frame, as the packet's offsets count.
    ///   - connections: the table that the packet's connection is in.
    func answer<Records: ConnectionRecords & ~Copyable>(
        _ context: borrowing TestContext, _ bytes: RawSpan, _ connections: inout Records
    ) -> TestAnswer
}

/// The memory of a test that needs no other connection than the packet's.
public protocol MatchHistory: ConnectionHistory {
    /// - Parameter bytes: the frame, as the packet's offsets count.
    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer
}

extension MatchHistory {
    public func answer<Records: ConnectionRecords & ~Copyable>(
        _ context: borrowing TestContext, _ bytes: RawSpan, _ connections: inout Records
    ) -> TestAnswer {
        answer(context, bytes)
    }
}

/// What a target remembers: a change of a memory that tests ask.
public struct HistoryAction: Hashable, Sendable {
    /// What it does, in words that distinguish it from any other.
    public let summary: String
    /// Whether it may change the packet's mark, to what only the memory says.
    public let changesMark: Bool
    private let make: @Sendable (SharedMemory) -> any TargetHistory

    public init(
        summary: String, changesMark: Bool = false,
        makeHistory: @escaping @Sendable (SharedMemory) -> any TargetHistory
    ) {
        self.summary = summary
        self.changesMark = changesMark
        make = makeHistory
    }

    public func makeHistory(_ memory: SharedMemory) -> any TargetHistory { make(memory) }

    public static func == (a: HistoryAction, b: HistoryAction) -> Bool { a.summary == b.summary }
    public func hash(into hasher: inout Hasher) { hasher.combine(summary) }
}

/// The memory of one occurrence of a target.
public protocol TargetHistory: AnyObject {
    /// Called for each packet that the rule takes.
    /// - Returns: the packet's mark behind the target; nil if it stays.
    func act(_ context: borrowing TestContext, _ bytes: RawSpan) -> UInt32?
}

/// The memories of one run of the rules that several occurrences share, by name: tables of `recent`, sets.
/// One for the rules of both families.
public final class SharedMemory {
    /// The kernel's ticks a second. It is set when a kernel is built; 250 is what most distributions take.
    public let ticksPerSecond: UInt32
    /// Where the kernel draws lots, they are drawn from this.
    public let seed: UInt64
    public let chance = ChanceRecord()
    /// The names of the interfaces that packets have numbers of.
    public var interfaces = InterfaceTable()
    private var objects: [String: AnyObject] = [:]

    public init(ticksPerSecond: UInt32 = 250, seed: UInt64 = 0) {
        self.ticksPerSecond = ticksPerSecond
        self.seed = seed
    }

    /// The object of that name, made at the first call.
    /// - Parameter name: begins with the match's: `recent DEFAULT`. One name always stands for one type.
    public func object<Object: AnyObject>(_ name: String, _ make: () -> Object) -> Object {
        if let known = objects[name] as? Object { return known }
        precondition(objects[name] == nil, "\(name) is of two types")
        let made = make()
        objects[name] = made
        return made
    }
}

/// Whether a test drew lots. An object of its own, for the memories that draw to keep.
public final class ChanceRecord {
    /// Whether lots were drawn since whoever runs the rules cleared it.
    public var hasDrawn = false
}
