import Gateway
import Packets
import TestSupport
import Testing

/// How a stream is cut into segments doesn't matter: what is sent, and what is said of it, is the same.
@Suite struct SegmentationTests {
    private struct Outcome: Equatable {
        var client: [UInt8] = []
        var server: [UInt8] = []
        var verdict: String?
        var requests: [String] = []
    }

    /// Plays a case, each of its stream's events cut by `cut`.
    private func play(_ test: Transcript.Case, cut: (inout [[UInt8]], [UInt8]) -> Void) -> Outcome {
        var player = TranscriptPlayer(test.setup)
        for step in test.steps {
            guard case .event(.data(let peer, let bytes)) = step.event.kind, !bytes.isEmpty else {
                player.play(step.event)
                continue
            }
            var segments: [[UInt8]] = []
            cut(&segments, bytes)
            for segment in segments { player.play(.data(peer, segment)) }
        }
        player.play(TranscriptEvent("end")!)
        let record = player.record
        return Outcome(
            client: player.sent[.client] ?? [], server: player.sent[.server] ?? [],
            verdict: record.map { "\($0.verdict) \($0.rule ?? "") \($0.reason ?? "") \($0.anomalies)" },
            requests: record.map { $0.requests.map { "\($0.verdict) \($0.fields)" } } ?? [])
    }

    /// What one segment holds, the gateway knows at once; cut up, the start of what turns out to be bad may have gone to
    /// the server. So only the cases that nothing is refused in are compared in full.
    private func compare(_ whole: Outcome, _ cut: Outcome, _ place: String) {
        if whole.verdict?.hasPrefix("deny") == true || whole.verdict?.hasPrefix("reset") == true {
            #expect(cut.verdict == whole.verdict, "\(place)")
        } else {
            #expect(cut == whole, "\(place)")
        }
    }

    @Test(arguments: try transcriptNames().filter { $0 != "dns.transcript" })
    func cuttingChangesNothing(_ name: String) throws {
        var generator = SeededGenerator(seed: 7)
        for test in try transcript(name).cases {
            let whole = play(test) { $0.append($1) }
            compare(whole, play(test) { $0 += $1.map { [$0] } }, "\(name): \(test.name), octet by octet")
            let longest =
                test.steps.map { step in
                    if case .event(.data(_, let bytes)) = step.event.kind { bytes.count } else { 0 }
                }.max() ?? 0
            for place in 1..<max(min(longest, 200), 2) {
                let cut = play(test) { segments, bytes in
                    segments +=
                        bytes.count > place ? [Array(bytes[..<place]), Array(bytes[place...])] : [bytes]
                }
                compare(whole, cut, "\(name): \(test.name), cut at \(place)")
            }
            for _ in 0..<20 {
                let cut = play(test) { segments, bytes in
                    var rest = bytes[...]
                    while !rest.isEmpty {
                        let count = Int.random(in: 1...min(rest.count, 40), using: &generator)
                        segments.append(Array(rest.prefix(count)))
                        rest = rest.dropFirst(count)
                    }
                }
                compare(whole, cut, "\(name): \(test.name), at random")
            }
        }
    }
}
