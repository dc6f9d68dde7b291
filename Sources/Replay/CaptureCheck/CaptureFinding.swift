/// Something that a capture can't tell, or tells otherwise than the wire had it.
public struct CaptureFinding: Hashable, Sendable {
    /// The raw values are stable names for output.
    public enum Kind: String, CaseIterable, Sendable {
        case cutOffFile = "cut-off-file"
        case cutFrames = "cut-frames"
        case headersCut = "headers-cut"
        case offloadedChecksums = "offloaded-checksums"
        case badChecksums = "bad-checksums"
        case badHeaderChecksums = "bad-header-checksums"
        case aggregatedSegments = "aggregated-segments"
        case malformed
        case midstream
        case oneSided = "one-sided"
        case unfinished
        case lostByCapture = "lost-by-capture"
        case repeatedFrames = "repeated-frames"
        case bothSides = "both-sides"
        case clockBack = "clock-back"
        case disorder
        case clockForward = "clock-forward"
        case notIP = "not-ip"
        case tagged
    }

    public let kind: Kind
    /// Of frames, connections or steps.
    public var count: UInt64
    /// Where it was seen first: an index in the captures, and the frame's number there, from 1.
    public let capture: Int
    public let frame: UInt64
}

extension CaptureFinding.Kind {
    /// Whether a replay's answers may be others than they would have been on the wire.
    public var changesAnswers: Bool {
        switch self {
        case .offloadedChecksums, .unfinished, .disorder, .clockForward, .notIP, .tagged: false
        default: true
        }
    }
}
