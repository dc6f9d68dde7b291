/// A set of 32-bit numbers as sorted, disjoint, non-adjacent closed ranges.
public struct NumberSet: Hashable, Sendable {
    public let ranges: [ClosedRange<UInt32>]

    public init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound == 0 || range.lowerBound - 1 <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    public init(_ range: ClosedRange<UInt32>) { ranges = [range] }

    /// The numbers that are at least `low` and at most `high`: none if they are the wrong way round.
    public init(from low: UInt32, through high: UInt32) { ranges = low <= high ? [low...high] : [] }

    public init(_ number: UInt32) { ranges = [number...number] }

    public func contains(_ number: UInt32) -> Bool {
        ranges.contains { $0.contains(number) }
    }
}
