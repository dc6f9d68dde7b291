import Engine
public import Packets

/// What became of frames over the captures' time, in at most `binLimit` bins of equal width. The end isn't known at
/// the start, so the bins double in width when they are full.
public struct ReplayTimeline: Sendable {
    public enum Kind: Int, Sendable, CaseIterable {
        case accept, drop, reject, routedAway
        /// Egress copies, fragments held for reassembly, and what is no packet.
        case other
    }

    public static let binLimit = 120
    /// 1/512 s: doubling it comes to 125 ms, 250 ms, 500 ms, 1 s, 2 s …
    private static let finestWidth: UInt64 = 1_953_125

    /// Of the first frame: where the first bin begins.
    public private(set) var start: Timestamp?
    /// Of a bin, in nanoseconds.
    public private(set) var width = finestWidth
    public private(set) var binCount = 0
    /// Frames that bear a time before the first one's; the first bin counts them.
    public private(set) var earlierFrames: UInt64 = 0
    /// By bin, then by kind.
    private var counts = Array(repeating: UInt64(0), count: binLimit * Kind.allCases.count)

    public init() {}

    public func count(_ kind: Kind, inBin bin: Int) -> UInt64 {
        precondition(bin < binCount)
        return counts[bin * Kind.allCases.count + kind.rawValue]
    }

    public mutating func add(_ result: PacketResult) {
        let bin = bin(of: result.timestamp)
        binCount = max(binCount, bin + 1)
        counts[bin * Kind.allCases.count + Kind(result.outcome).rawValue] &+= 1
    }

    private mutating func bin(of time: Timestamp) -> Int {
        guard let start else {
            self.start = time
            return 0
        }
        guard time >= start else {
            earlierFrames &+= 1
            return 0
        }
        // The distance of two Int64 fits into an UInt64.
        let distance = UInt64(bitPattern: time.nanoseconds &- start.nanoseconds)
        while distance / width >= UInt64(ReplayTimeline.binLimit) { doubleWidth() }
        return Int(distance / width)
    }

    private mutating func doubleWidth() {
        let kinds = Kind.allCases.count
        for bin in 0..<binCount {
            for kind in 0..<kinds {
                let count = counts[bin * kinds + kind]
                counts[bin * kinds + kind] = 0
                counts[bin / 2 * kinds + kind] &+= count
            }
        }
        binCount = (binCount + 1) / 2
        width *= 2
    }
}

extension ReplayTimeline.Kind {
    fileprivate init(_ outcome: PacketResult.Outcome) {
        guard case .traversed(let traversal) = outcome else {
            self = .other
            return
        }
        switch traversal.verdict {
        case .accept: self = .accept
        case .drop: self = .drop
        case .reject: self = .reject
        case .routedAway: self = .routedAway
        case .stolen, .queue: self = .other
        }
    }
}
