/// Which end of a packet each part of an element is compared with: `src,dst,…` of a rule, up to six.
public struct SetDirections: Hashable, Sendable, BitwiseCopyable {
    public let count: UInt8
    /// Bit n is set if direction n is `src`.
    private let sources: UInt8

    /// `IPSET_DIM_MAX`
    public static let most = 6

    /// - Precondition: one to six.
    public init(isSource directions: [Bool]) {
        precondition(!directions.isEmpty && directions.count <= SetDirections.most)
        count = UInt8(directions.count)
        sources = directions.enumerated().reduce(0) { $1.element ? $0 | 1 << $1.offset : $0 }
    }

    /// - Parameter index: from 0; an index behind the last is `dst`.
    public func isSource(_ index: Int) -> Bool { sources & 1 << UInt8(index) != 0 }
}

extension SetDirections: CustomStringConvertible {
    public var description: String {
        (0..<Int(count)).map { isSource($0) ? "src" : "dst" }.joined(separator: ",")
    }
}

/// A comparison of a counter (`--packets-lt` …).
public struct CounterTest: Hashable, Sendable {
    public enum Relation: String, Hashable, Sendable {
        case equal = "eq"
        case notEqual = "ne"
        case less = "lt"
        case greater = "gt"
    }

    public let relation: Relation
    public let value: UInt64

    public init(_ relation: Relation, _ value: UInt64) {
        self.relation = relation
        self.value = value
    }

    func matches(_ counter: UInt64) -> Bool {
        switch relation {
        case .equal: counter == value
        case .notEqual: counter != value
        case .less: counter < value
        case .greater: counter > value
        }
    }
}

/// How `-m set` looks a packet up (`linux/netfilter/xt_set.h`).
public struct SetLookup: Hashable, Sendable {
    public var directions: SetDirections
    /// `--return-nomatch`: an element marked `nomatch` is what the rule looks for.
    public var returnsNomatch = false
    /// Whether the counters of the element count the packet.
    public var updatesCounters = true
    /// Whether those of a list's member sets do.
    public var updatesSubcounters = true
    public var packets: CounterTest?
    public var bytes: CounterTest?

    public init(_ directions: SetDirections) { self.directions = directions }
}
