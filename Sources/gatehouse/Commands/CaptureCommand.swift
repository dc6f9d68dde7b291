import ArgumentParser
import Replay
import Reports

struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Says what captures are worth.",
        subcommands: [CaptureCheckCommand.self])
}

struct CaptureCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "What captures can't tell: offloaded checksums, cut frames, connections in halves, clock steps.",
        discussion: "Ends with 1 if something was found that changes what a replay says.")

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @ArgumentParser.Argument(help: ArgumentHelp("Captures; - is standard input.", valueName: "capture"))
    var captures: [String]

    @Option(help: "What goes to standard output: text or json.")
    var format: Format = .text

    func run() throws {
        try InputFile.checkStandardInput(captures)
        var stream = try CaptureStream(captures.map { CaptureArgument(path: $0) })
        var examination = CaptureExamination()
        var lastFrames: [Int: UInt64] = [:]
        Interruption.watch()
        var progress = ProgressBar()
        while !Interruption.isAsked, let item = stream.next() {
            stream.withBytes {
                examination.add(item.frame, $0, capture: item.capture, number: item.number)
            }
            lastFrames[item.capture] = item.number
            if examination.frames & 0x1fff == 0 {
                progress.update(packets: examination.frames, fraction: stream.fractionRead)
            }
        }
        progress.finish()
        for capture in stream.brokenCaptures {
            examination.noteFault(capture: capture, frame: lastFrames[capture] ?? 0)
        }
        for fault in stream.faults { StandardError.note(fault) }
        let report = CaptureCheckReport(examination, captures: stream.names)
        switch format {
        case .text: try StandardOutput.writeAll(report.text())
        case .json: try StandardOutput.writeAll(report.json())
        }
        if Interruption.isAsked { throw Failure.interrupted }
        if report.changesAnswers { throw Failure.answeredNo }
    }
}
