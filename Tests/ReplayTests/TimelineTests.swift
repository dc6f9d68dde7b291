import Packets
import TestSupport
import Testing

@testable import Engine
@testable import Replay

@Suite struct TimelineTests {
    private static let kinds = ReplayTimeline.Kind.allCases

    private static func frame(_ nanoseconds: Int64, _ kind: ReplayTimeline.Kind) -> PacketResult {
        var traversal = TraversalResult()
        switch kind {
        case .accept: traversal.verdict = .accept
        case .drop: traversal.verdict = .drop
        case .reject: traversal.verdict = .reject
        case .routedAway: traversal.verdict = .routedAway
        case .other: break
        }
        let time = Timestamp(nanoseconds: nanoseconds)
        return PacketResult(
            number: 1, capture: 0, frame: 1, timestamp: time,
            outcome: kind == .other ? .notIP(.arp) : .traversed(traversal), packet: Packet(family: .ipv4),
            metadata: PacketMetadata(timestamp: time))
    }

    /// However often the bins doubled, they hold what was counted into bins of that width from the start.
    @Test(arguments: [1_000_000, 1_000_000_000, 60_000_000_000, 4_000_000_000_000_000] as [Int64])
    func binsAreThoseOfTheirFinalWidth(largestStep: Int64) {
        var generator = SeededGenerator(seed: UInt64(largestStep))
        var timeline = ReplayTimeline()
        var frames: [(time: Int64, kind: ReplayTimeline.Kind)] = []
        var time: Int64 = -5_000_000_000
        for _ in 0..<2000 {
            let kind = TimelineTests.kinds.randomElement(using: &generator)!
            frames.append((time, kind))
            timeline.add(TimelineTests.frame(time, kind))
            time += Int64.random(in: 0...largestStep, using: &generator)
        }
        #expect(timeline.binCount <= ReplayTimeline.binLimit)
        #expect(timeline.binCount > ReplayTimeline.binLimit / 2 || timeline.width == ReplayTimeline().width)
        var expected: [[UInt64]] = Array(
            repeating: Array(repeating: 0, count: TimelineTests.kinds.count), count: timeline.binCount)
        for frame in frames {
            let bin = UInt64(frame.time - frames[0].time) / timeline.width
            expected[Int(bin)][frame.kind.rawValue] += 1
        }
        for bin in 0..<timeline.binCount {
            #expect(TimelineTests.kinds.map { timeline.count($0, inBin: bin) } == expected[bin])
        }
    }

    @Test func anEmptyTimelineHasNoStart() {
        let timeline = ReplayTimeline()
        #expect(timeline.start == nil)
        #expect(timeline.binCount == 0)
    }

    @Test func clocksThatJumpAreCounted() {
        var timeline = ReplayTimeline()
        for time in [0, -1, .max, .min, 5] as [Int64] { timeline.add(TimelineTests.frame(time, .drop)) }
        #expect(timeline.earlierFrames == 2)
        #expect((0..<timeline.binCount).reduce(0) { $0 + timeline.count(.drop, inBin: $1) } == 5)
        var longest = ReplayTimeline()
        for time in [.min, .max] as [Int64] { longest.add(TimelineTests.frame(time, .drop)) }
        #expect(longest.count(.drop, inBin: 0) == 1)
        #expect(longest.count(.drop, inBin: longest.binCount - 1) == 1)
    }
}
