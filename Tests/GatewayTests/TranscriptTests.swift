import Foundation
import Gateway
import Testing

let transcripts = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Transcripts")

func transcriptNames() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: transcripts.path)
        .filter { $0.hasSuffix(".transcript") }.sorted()
}

func transcript(_ name: String) throws -> Transcript {
    try Transcript(String(contentsOf: transcripts.appending(path: name), encoding: .utf8))
}

@Suite struct TranscriptTests {
    /// With `GATEHOUSE_RECORD=1`, the commands are written into the transcript instead, for a reader's eyes.
    @Test(arguments: try transcriptNames())
    func play(_ name: String) throws {
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" { try record(name) }
        for test in try transcript(name).cases {
            var player = TranscriptPlayer(test.setup)
            for step in test.steps {
                player.play(step.event)
                let commands = player.takeLines()
                #expect(commands == step.commands, "\(name):\(step.line): \(test.name)")
            }
        }
    }

    private func record(_ name: String) throws {
        let file = transcripts.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        var answers: [Int: [String]] = [:]
        for test in try Transcript(text).cases {
            var player = TranscriptPlayer(test.setup)
            for step in test.steps {
                player.play(step.event)
                answers[step.line] = player.takeLines()
            }
        }
        var lines: [String] = []
        var opening: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("<< ") { continue }
            // What opening does comes behind the case's own setup.
            if line.hasPrefix(">> ") || line.isEmpty {
                lines += opening
                opening = []
            }
            lines.append(String(line))
            let answer = (answers[index + 1] ?? []).map { "<< " + $0 }
            if line.hasPrefix("case ") { opening = answer } else { lines += answer }
        }
        try (lines + opening).joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
    }
}
