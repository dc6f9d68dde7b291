/// What `-m rpfilter` asks of routing: whether a packet to the source would leave where this one came in.
public struct ReversePathTest: OptionSet, Hashable, Sendable {
    /// The kernel's `XT_RPFILTER_` (linux/netfilter/xt_rpfilter.h).
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Any interface will do, if there is a route.
    public static let loose = ReversePathTest(rawValue: 1 << 0)
    /// Routes are looked up with the packet's mark.
    public static let usesMark = ReversePathTest(rawValue: 1 << 1)
    /// A source that is the host's own passes too.
    public static let acceptsLocal = ReversePathTest(rawValue: 1 << 2)

    /// `loose reverse path`
    public var summary: String {
        var words = contains(.loose) ? "loose reverse path" : "reverse path"
        if contains(.usesMark) { words += " by mark" }
        if contains(.acceptsLocal) { words += ", or from the host itself" }
        return words
    }
}
