import ArgumentParser
import Captures
import Engine
import Gateway
import Packets
import Replay
import Reports

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Packet filter and application gateway side by side, session by session.",
        discussion: """
            Each session is judged three times: by the rules without memory, where a packet's own header has to tell
            its state (SYN without ACK is NEW, other TCP ESTABLISHED; ICMP queries NEW, replies ESTABLISHED, errors
            RELATED; anything else ESTABLISHED from a port below 1024 to one at or above it, else NEW); by the rules
            with connection tracking; and by the gateway.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case table, jsonl, json }

    @Option(help: "A rule file, or a host snapshot.")
    var rules: String

    @Option(help: "A gateway policy.")
    var policy: String

    @ArgumentParser.Argument(help: ArgumentHelp("Captures; - is standard input.", valueName: "capture"))
    var captures: [String] = []

    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var captureOptions: CaptureOptions
    @OptionGroup var backend: BackendOption
    @OptionGroup var host: HostOptions

    @Option(help: "What goes to standard output: table, jsonl or json.")
    var format: Format = .table

    @OptionGroup var checksums: ChecksumOption
    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        try captureOptions.checkAny(captures)
    }

    func run() throws {
        try InputFile.checkStandardInput(
            [rules, policy] + [ruleOptions.rules6, sets.ipset].compactMap { $0 } + captureOptions.paths
                + captures)
        let input = try RuleInput(
            rules, rules6: ruleOptions.rules6, ipset: sets.ipset, family: ruleOptions.family,
            color: color.color,
            facts: unknown.refusal, backend: backend.backend)
        let gatewayPolicy = try PolicyInput.read(policy, color: color.color)
        let arguments = try captureOptions.arguments(captures)
        var session = try ReplaySession(
            input, try FirewallHost(host, snapshot: input.snapshot), captures: arguments,
            options: captureOptions, checksum: checksums.trust, unknown: unknown.assumption)
        session.watchStateless()
        var gateway = SessionReplayer(gatewayPolicy, checksums: checksums.trust)
        var comparer = SessionComparer()
        var report = Report(format: format, lines: ComparisonLines(session.book))
        var filterSummary = ReplaySummary()
        Interruption.watch()
        var progress = ProgressBar()
        while let result = try session.next() {
            filterSummary.add(result)
            guard let item = session.current, let stateless = session.statelessResult else { break }
            let outcome = session.stream.withBytes { bytes in
                gateway.process(item.frame, bytes, number: result.number, capture: item.capture)
            }
            comparer.add(outcome, stateless: stateless, filter: result)
            for done in gateway.takeResults() { try report.take(comparer.finish(done)) }
            if result.number & 0x1fff == 0 {
                progress.update(packets: result.number, fraction: session.stream.fractionRead)
            }
            if Interruption.isAsked { break }
        }
        progress.finish()
        gateway.finish()
        for done in gateway.takeResults() { try report.take(comparer.finish(done)) }
        let notes =
            session.remarks + ReplayNotes(filterSummary, session).all + SessionNotes(gateway.summary).all
        if format != .table { for note in notes { StandardError.note(note) } }
        let table = ComparisonTable(
            gateway.summary, comparer.totals, session.book, captures: session.stream.names,
            policy: InputFile.name(of: policy), notes: notes)
        try report.finish(gateway.summary, comparer.totals, table)
        if Interruption.isAsked {
            StandardError.note(
                "interrupted: these are the results of the first \(filterSummary.frames) frames")
            throw Failure.interrupted
        }
        try session.stream.checkFaults()
    }
}

/// What goes to standard output.
private struct Report: ~Copyable {
    let format: CompareCommand.Format
    let lines: ComparisonLines
    private var output = StandardOutput()
    private var isFirst = true

    init(format: CompareCommand.Format, lines: ComparisonLines) {
        self.format = format
        self.lines = lines
        if format == .json { output.buffer += Array("{\"sessions\":[\n".utf8) }
    }

    mutating func take(_ comparison: SessionComparison) throws {
        guard format != .table else { return }
        if !isFirst { output.buffer += Array((format == .json ? ",\n" : "\n").utf8) }
        isFirst = false
        lines.appendJSON(comparison, to: &output.buffer)
        try output.flushIfFull()
    }

    mutating func finish(
        _ summary: SessionSummary, _ totals: ComparisonTotals, _ table: ComparisonTable
    ) throws {
        switch format {
        case .table: output.buffer += Array(table.text().utf8)
        case .jsonl, .json:
            if !isFirst { output.buffer += Array("\n".utf8) }
            output.buffer += Array((format == .json ? "],\"summary\":" : "{\"summary\":").utf8)
            lines.appendJSON(summary, totals, to: &output.buffer)
            output.buffer += Array("}\n".utf8)
        }
        try output.flush()
    }
}
