public import Conntrack
public import Packets

/// Looks on while a packet meets rules. The engine is specialised for each kind of observer, so that the one
/// that sees nothing costs nothing.
protocol TraversalObserver {
    /// Whether the engine is to find out which rule each test belongs to.
    static var seesTests: Bool { get }
    mutating func observe(_ event: TraceEvent)
}

struct NoObserver: TraversalObserver {
    static var seesTests: Bool { false }
    mutating func observe(_ event: TraceEvent) {}
}

/// One thing that happened to a packet at a rule or at the end of a chain.
public struct TraceEvent: Hashable, Sendable, BitwiseCopyable {
    public enum Outcome: Hashable, Sendable, BitwiseCopyable {
        /// The rule didn't match; `leaf` is the condition that decided so (`CompiledRules.leaf`).
        case miss(leaf: UInt16)
        /// The rule matched, and its target acts; at the end of a chain, the policy or the implicit RETURN.
        case hit
        /// The test `leaf` dropped the packet on the spot.
        case hotdrop(leaf: UInt16)
    }

    public var rule: RuleID
    public var hook: Hook
    public var outcome: Outcome
    /// As the packet was when it met the rule.
    public var source: UInt128
    public var destination: UInt128
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    public var inInterface: InterfaceID
    public var outInterface: InterfaceID
    public var mark: UInt32
    public var hopLimit: UInt8
    public var connectionState: ConnectionState
}

/// Every event of one packet's way, in order.
public struct RuleTrace: Sendable, TraversalObserver {
    public private(set) var events: [TraceEvent] = []
    /// What the packet had to do with expectations of connection tracking's helpers.
    public internal(set) var expectations: [ExpectationEvent] = []
    static var seesTests: Bool { true }

    public init() {}

    mutating func observe(_ event: TraceEvent) { events.append(event) }

    /// Forgets the events and keeps the memory for those of the next packet.
    public mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        expectations.removeAll()
    }
}
