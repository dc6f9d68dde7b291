import Captures
import Packets
import Testing

@Suite struct MergerTests {
    struct Step: Equatable {
        var seconds: Int64
        var source: Int
        var bytes: [UInt8]
    }

    static func merge(_ files: [[UInt8]]) throws -> (steps: [Step], faults: [CaptureMerger.Fault]) {
        var merger = CaptureMerger()
        for (index, bytes) in files.enumerated() {
            let file = try TemporaryFile(bytes)
            #expect(merger.add(try CaptureReader(path: file.path)) == index)
        }
        var steps: [Step] = []
        while let (frame, source) = merger.next() {
            steps.append(
                Step(
                    seconds: frame.timestamp.nanoseconds / 1_000_000_000, source: source,
                    bytes: merger.withBytes(ReadCapture.array)))
        }
        let hasMore = merger.next() != nil
        #expect(!hasMore)
        return (steps, merger.faults)
    }

    /// A capture whose frames say their second and the capture's number.
    static func file(_ number: UInt8, _ seconds: [UInt32]) -> CaptureBytes {
        var file = CaptureBytes.pcap()
        for second in seconds { file.record(seconds: second, fraction: 0, [number, UInt8(second)]) }
        return file
    }

    @Test("frames come by time, at equal times in the order of the captures")
    func order() throws {
        let seconds: [[UInt32]] = [[1, 4, 4, 9], [], [1, 4, 5], [2, 2, 3, 12, 13]]
        let merged = try Self.merge(seconds.enumerated().map { Self.file(UInt8($0), $1).bytes })
        #expect(merged.faults.isEmpty)
        let expected = seconds.enumerated().flatMap { source, list in list.map { (Int64($0), source) } }
            .sorted { $0 < $1 }
        #expect(merged.steps.map(\.seconds) == expected.map(\.0))
        #expect(merged.steps.map(\.source) == expected.map(\.1))
        for step in merged.steps { #expect(step.bytes == [UInt8(step.source), UInt8(step.seconds)]) }
    }

    @Test("a random merge is a stable sort", arguments: 1...9)
    func random(count: Int) throws {
        var random = MutationTests.Generator(state: UInt64(count))
        let seconds = (0..<count).map { _ in
            (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt32.random(in: 0...50, using: &random)
            }.sorted()
        }
        let merged = try Self.merge(seconds.enumerated().map { Self.file(UInt8($0), $1).bytes })
        let expected = seconds.enumerated().flatMap { source, list in list.map { (Int64($0), source) } }
            .sorted { $0 < $1 }
        #expect(merged.steps.map(\.seconds) == expected.map(\.0))
        #expect(merged.steps.map(\.source) == expected.map(\.1))
    }

    @Test("a clock that steps back keeps its capture's order")
    func steppingClock() throws {
        let merged = try Self.merge([Self.file(0, [5, 1, 6]).bytes, Self.file(1, [2, 7]).bytes])
        #expect(merged.steps.map(\.seconds) == [2, 5, 1, 6, 7])
    }

    @Test("a capture that breaks off is reported, the others go on")
    func faults() throws {
        let merged = try Self.merge([
            Array(Self.file(0, [1, 5, 9]).bytes.dropLast()), Self.file(1, [2, 6, 10]).bytes,
            Array(Self.file(2, [3]).bytes.dropLast()),
        ])
        #expect(merged.steps.map(\.seconds) == [1, 2, 5, 6, 10])
        #expect(merged.faults.map(\.source) == [2, 0])
        #expect(merged.faults.map(\.error.reason) == [.truncated, .truncated])
    }
}
