import ArgumentParser
import Captures
import Engine
import Gateway
import Packets
import Replay
import Reports

struct ProxyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract:
            "Leads the sessions of captures through an application gateway: verdicts, requests, both sides.")

    enum Format: String, CaseIterable, ExpressibleByArgument { case table, jsonl }
    enum Complaint: String, CaseIterable, ExpressibleByArgument { case deny, never }

    @ArgumentParser.Argument(help: "A gateway policy.")
    var policy: String

    @ArgumentParser.Argument(help: ArgumentHelp("Captures; - is standard input.", valueName: "capture"))
    var captures: [String] = []

    @OptionGroup var captureOptions: CaptureOptions

    @Option(
        help: ArgumentHelp(
            "What goes to standard output: table or jsonl. It is the table unless another option writes to -.",
            valueName: "format"))
    var format: Format?

    @Option(
        help: ArgumentHelp(
            "Writes a capture of the connections between the clients and the gateway.", valueName: "file"))
    var writeClient: String?

    @Option(
        help: ArgumentHelp(
            "Writes a capture of the connections between the gateway and the servers.", valueName: "file"))
    var writeServer: String?

    @OptionGroup var checksums: ChecksumOption
    @Option(help: "Makes the exit code 1 if a session was denied or reset: deny, or never.")
    var failOn: Complaint = .never

    @OptionGroup var color: ColorOption

    func validate() throws {
        try captureOptions.checkAny(captures)
        if let format, let output = outputs.first(where: { $0.path == "-" }) {
            throw ValidationError(
                "standard output can't hold both \(output.option) and --format \(format.rawValue)")
        }
    }

    private var outputs: [(option: String, path: String)] {
        [("--write-client", writeClient), ("--write-server", writeServer)]
            .compactMap { option, path in path.map { (option, $0) } }
    }

    func run() throws {
        try InputFile.checkStandardInput([policy] + captureOptions.paths + captures)
        let rules = try PolicyInput.read(policy, color: color.color)
        let arguments = try captureOptions.arguments(captures)
        try OutputPaths.check(outputs, against: [policy] + arguments.map(\.path))
        let replayer = SessionReplayer(
            rules, checksums: checksums.trust,
            logs: ConnectionLogs(client: writeClient != nil, server: writeServer != nil))
        var source = try SessionSource(
            arguments, captureOptions, replayer, writeClient: writeClient, writeServer: writeServer)
        let format = self.format ?? (outputs.contains { $0.path == "-" } ? nil : .table)
        var report = Report(format: format)
        Interruption.watch()
        var progress = ProgressBar()
        while try source.advance() {
            try report.take(source.replayer.takeResults())
            if source.number & 0x1fff == 0 {
                progress.update(packets: source.number, fraction: source.stream.fractionRead)
            }
            if Interruption.isAsked { break }
        }
        progress.finish()
        try source.finish()
        try report.take(source.replayer.takeResults())
        try report.finish(source, policy: InputFile.name(of: policy))
        if Interruption.isAsked {
            StandardError.note("interrupted: these are the results of the first \(source.number) frames")
            throw Failure.interrupted
        }
        try source.stream.checkFaults()
        if failOn == .deny, source.replayer.summary.denied > 0 { throw Failure.answeredNo }
    }
}

/// What goes to standard output.
private struct Report: ~Copyable {
    let format: ProxyCommand.Format?
    private let lines = SessionLines()
    private var totals = SessionTotals()
    private var output = StandardOutput()

    init(format: ProxyCommand.Format?) { self.format = format }

    mutating func take(_ results: [SessionResult]) throws {
        for result in results {
            switch format {
            case .jsonl: lines.appendJSON(result, to: &output.buffer)
            case .table: totals.add(result)
            case nil: break
            }
            try output.flushIfFull()
        }
    }

    mutating func finish(_ source: borrowing SessionSource, policy: String) throws {
        let summary = source.replayer.summary
        let notes = SessionNotes(summary).all
        switch format {
        case .table:
            let table = SessionTable(
                summary, totals, captures: source.stream.names, policy: policy, first: source.first,
                last: source.last, notes: notes)
            output.buffer += Array(table.text().utf8)
        case .jsonl: lines.appendJSON(summary, to: &output.buffer)
        case nil: break
        }
        if format != .table { for note in notes { StandardError.note(note) } }
        try output.flush()
    }
}
