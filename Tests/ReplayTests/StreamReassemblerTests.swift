import TestSupport
import Testing

@testable import Replay

/// What a receiver makes of segments, a case a line: `place:bytes` is a segment, `place:bytes.` one with a FIN,
/// `ack place` and `skip` the receiver's word and giving up.
@Suite struct StreamReassemblerTests {
    private static let cases: [(segments: String, outputs: String)] = [
        ("0:abc 3:def.", "abc def end"),
        ("3:def 0:abc", "abcdef"),
        ("6:g 3:def 0:abc", "abcdefg"),
        // Sent again, whole, in part, and with more.
        ("0:abc 0:abc 1:bcd", "abc d"),
        ("0:abc 2:", "abc"),
        // A keep-alive has an old byte, or none.
        ("0:abc 2:c 2: 3:d", "abc d"),
        // Old data wins, in order and out of order, and the conflict is told.
        ("0:abc 0:axc 3:d", "abc conflict d"),
        ("2:cd 1:XYZe 0:a", "conflict aXcde"),
        ("1:bc 1:xyz 0:a", "conflict abcz"),
        ("0:abcd 2:cX 4:e", "abcd conflict e"),
        // A FIN waits for what is before it, and ends all behind it.
        ("3:. 0:abc", "abc end"),
        ("0:ab. 2:cd 5:f", "ab end"),
        ("2:cdef 0:ab 3:.", "abcdef"),
        // Outside the window.
        ("70000:x 0:a", "a"),
        ("-70000:x 0:a", "a"),
        ("0:a ack 1+99000 70001:x ack 1 1:b", "a b"),
        // Lost to the capture, and the receiver has it.
        ("0:ab 5:fg ack 7 skip", "ab gap fg"),
        ("0:ab 5:fg ack 2 skip", "ab"),
        ("0:ab ack 9 skip 9:j", "ab gap j"),
        ("0:ab 4:ef. ack 7 skip", "ab gap ef end"),
        // An acknowledgement of what can't have been sent.
        ("0:ab ack 200000 skip 2:c", "ab c"),
    ]

    @Test(arguments: cases.indices)
    func theReceiverSees(index: Int) {
        // The first byte's number is near the end of the numbers.
        for first in [1, .max, .max - 2] as [UInt32] {
            var stream = StreamReassembler(first: first)
            var words = StreamReassemblerTests.cases[index].segments.split(separator: " ")[...]
            var seen: [String] = []
            while let word = words.popFirst() {
                if word == "skip" {
                    stream.skipLost()
                } else if word == "ack" {
                    let parts = words.removeFirst().split(separator: "+")
                    let place = first &+ UInt32(truncatingIfNeeded: Int(parts[0])!)
                    stream.acknowledge(place, window: parts.count > 1 ? UInt32(parts[1])! : 0)
                } else {
                    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
                    let isFIN = parts[1].hasSuffix(".")
                    let bytes = Array(parts[1].utf8.dropLast(isFIN ? 1 : 0))
                    let sequence = first &+ UInt32(truncatingIfNeeded: Int(parts[0])!)
                    stream.insert(sequence, bytes, length: bytes.count, isFIN: isFIN)
                }
                seen += stream.takeOutputs().map(\.word)
            }
            #expect(
                seen.joined(separator: " ") == StreamReassemblerTests.cases[index].outputs, "from \(first)")
        }
    }

    /// However a stream is cut, mixed and repeated, it comes out once and in order.
    @Test func anyOrderOfAnyPieces() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let first = UInt32.random(in: 0...UInt32.max, using: &random)
            let bytes = (0..<Int.random(in: 1...9000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var pieces: [Range<Int>] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...1460, using: &random))
                pieces.append(start..<end)
                start = end
            }
            for _ in 0..<pieces.count / 2 {
                let (a, b) = (
                    Int.random(in: 0..<bytes.count, using: &random),
                    Int.random(in: 0..<bytes.count, using: &random)
                )
                pieces.append(min(a, b)..<max(a, b))
            }
            pieces.shuffle(using: &random)
            var stream = StreamReassembler(first: first)
            for piece in pieces {
                stream.insert(
                    first &+ UInt32(piece.lowerBound), Array(bytes[piece]), length: piece.count,
                    isFIN: piece.upperBound == bytes.count)
            }
            var seen: [UInt8] = []
            var ends = 0
            for output in stream.takeOutputs() {
                switch output {
                case .bytes(let part): seen += part
                case .end: ends += 1
                case .gap, .conflict: Issue.record("\(output)")
                }
            }
            #expect(seen == bytes)
            #expect(ends == 1)
        }
    }

    /// What waits is bounded, in bytes and in pieces.
    @Test func aHoleHoldsBackNoMoreThanTheLimit() {
        var stream = StreamReassembler(first: 0)
        stream.acknowledge(0, window: 1 << 30)
        for index in 0..<20_000 { stream.insert(UInt32(2 * index + 1), [0], length: 1, isFIN: false) }
        for index in 1...100 {
            stream.insert(
                UInt32(65_536 * index), [UInt8](repeating: 0, count: 65_535), length: 65_535, isFIN: false)
        }
        stream.insert(0, [0], length: 1, isFIN: false)
        let bytes = stream.takeOutputs().reduce(0) {
            if case .bytes(let part) = $1 { $0 + part.count } else { $0 }
        }
        #expect(bytes == 2)
    }
}

extension StreamReassembler.Output {
    fileprivate var word: String {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .gap: "gap"
        case .conflict: "conflict"
        case .end: "end"
        }
    }
}
