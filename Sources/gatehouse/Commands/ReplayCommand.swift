import ArgumentParser
import Captures
import Engine
import Packets
import Replay
import Reports
import RuleModel

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Sends each packet of captures through the rules: verdicts, counters, flows.")

    enum Format: String, CaseIterable, ExpressibleByArgument { case table, jsonl, csv }
    enum Counterfactual: String, CaseIterable, ExpressibleByArgument { case off, mark }
    enum Replies: String, CaseIterable, ExpressibleByArgument { case auto, make, capture }

    @ArgumentParser.Argument(help: "A rule file, or a host snapshot.")
    var rules: String

    @ArgumentParser.Argument(help: ArgumentHelp("Captures; - is standard input.", valueName: "capture"))
    var captures: [String] = []

    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var captureOptions: CaptureOptions
    @OptionGroup var backend: BackendOption
    @OptionGroup var host: HostOptions

    @Option(
        help: ArgumentHelp(
            "What goes to standard output: table, jsonl or csv. It is the table unless another option writes to -.",
            valueName: "format"))
    var format: Format?

    @Flag(help: "Shows the rules that each packet met.")
    var trace = false

    @Option(
        help: ArgumentHelp(
            "Writes the IPv4 rules with their counters, as iptables-save -c.", valueName: "file"))
    var counters: String?

    @Option(help: ArgumentHelp("The same for IPv6.", valueName: "file"))
    var counters6: String?

    @Option(
        help: ArgumentHelp("Writes a capture of the accepted packets, as they arrived.", valueName: "file"))
    var writeAccepted: String?

    @Option(help: ArgumentHelp("Writes a capture of the packets that were not accepted.", valueName: "file"))
    var writeDropped: String?

    @Option(
        help: ArgumentHelp(
            "Writes a capture of what leaves the host, translated, its own replies included: IP packets without link headers; a name in .pcapng keeps the interfaces.",
            valueName: "file"))
    var writeEgress: String?

    @Option(
        help: ArgumentHelp(
            "Writes the connections at the end, as conntrack -L -o extended.", valueName: "file"))
    var conntrack: String?

    @Option(
        help: ArgumentHelp(
            "The time, in seconds since 1970, at which --conntrack lists the connections; that of the last packet if not given.",
            valueName: "time"))
    var until: String?

    @Option(
        help: ArgumentHelp(
            "Writes what LOG and TRACE rules write to the kernel's log, the capture's time in front.",
            valueName: "file"))
    var log: String?

    @Option(help: ArgumentHelp("Writes the results as a page to look at.", valueName: "file.html"))
    var report: String?

    @OptionGroup var checksums: ChecksumOption

    @Option(
        help:
            "The host's own replies (REJECT, ICMP errors, echoes): make sends them through OUTPUT; capture takes those that the captures hold; auto makes the ones that the captures lack, and where these hold only what arrives, infers what the host's TCP sockets sent."
    )
    var replies: Replies = .auto

    @OptionGroup var chance: SeedOption

    @Option(
        help:
            "Packets that couldn't have happened, as one that they depend on was dropped: mark them, and name that packet; or off."
    )
    var counterfactual: Counterfactual = .mark

    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        try captureOptions.checkAny(captures)
        if trace, format == .csv {
            throw ValidationError("--trace has no place in csv: choose table or jsonl")
        }
        if let until, Timestamp(seconds: until) == nil {
            throw ValidationError("--until \(until): write seconds since 1970, such as 1700000000.5")
        }
        if let format, let output = outputs.first(where: { $0.path == "-" }) {
            throw ValidationError(
                "standard output can't hold both \(output.option) and --format \(format.rawValue)")
        }
    }

    private var outputs: [(option: String, path: String)] {
        [
            ("--counters", counters), ("--counters6", counters6), ("--write-accepted", writeAccepted),
            ("--write-dropped", writeDropped), ("--write-egress", writeEgress), ("--conntrack", conntrack),
            ("--log", log), ("--report", report),
        ].compactMap { option, path in path.map { (option, $0) } }
    }

    func run() throws {
        try InputFile.checkStandardInput(
            [rules] + [ruleOptions.rules6, sets.ipset].compactMap { $0 } + captureOptions.paths + captures)
        let input = try RuleInput(
            rules, rules6: ruleOptions.rules6, ipset: sets.ipset, family: ruleOptions.family,
            color: color.color,
            facts: unknown.refusal, backend: backend.backend)
        let firewall = try FirewallHost(host, snapshot: input.snapshot)
        let arguments = try captureOptions.arguments(captures)
        if counters != nil, input.ipv4 == nil { throw Failure.input("--counters: there are no IPv4 rules") }
        if counters6 != nil, input.ipv6 == nil { throw Failure.input("--counters6: there are no IPv6 rules") }
        try OutputPaths.check(outputs, against: input.files + host.files + arguments.map(\.path))
        let answers: [Replies: AnswerHandling] = [.auto: .ask, .make: .make, .capture: .leave]
        var session = try ReplaySession(
            input, firewall, captures: arguments, options: captureOptions, checksum: checksums.trust,
            answers: answers[replies]!, unknown: unknown.assumption, seed: chance.seed)
        session.replayer.isTracing = trace
        session.replayer.firewall.answersEchoes = true
        if counterfactual == .mark { session.replayer.counterfactuals = CounterfactualTracker() }
        let stateFiles = try StateFiles(ipv4: counters, ipv6: counters6, connections: conntrack)
        let source = reportSource(input, captures: session.stream.names)
        var report = try report.map { try ReplayReport(path: $0, source) }
        var files: VerdictFiles? = nil
        if writeAccepted != nil || writeDropped != nil {
            files = try VerdictFiles(accepted: writeAccepted, dropped: writeDropped)
        }
        var egress = try writeEgress.map { try EgressFile(path: $0) }
        session.replayer.firewall.keepsOutcome = egress != nil
        var kernelLog = try log.map { try KernelLogFile(path: $0) }
        session.replayer.firewall.keepsLogged = kernelLog != nil
        var output = StandardOutput()
        let format = self.format ?? (outputs.contains { $0.path == "-" } ? nil : .table)
        if format == .csv { output.buffer += Array(PacketLines.csvHeader.utf8) }
        if format != .table { for remark in session.remarks { StandardError.note(remark) } }

        // An option is read once: its property wrapper takes longer than a packet does.
        let isTracing = trace
        let reports = report != nil
        let writesPackets = files != nil
        Interruption.watch()
        var progress = ProgressBar()
        var summary = ReplaySummary()
        var lines = session.packetLines
        var interfaceCount = session.interfaces.count
        while let result = try session.next() {
            summary.add(result)
            if let answer = session.replayer.firewall.answer { summary.add(answer) }
            if reports { report?.add(result) }
            if session.interfaces.count != interfaceCount {
                interfaceCount = session.interfaces.count
                lines = session.packetLines
            }
            switch format {
            case .table: if isTracing { appendTrace(result, session.replayer.trace, session, &output.buffer) }
            case .jsonl:
                lines.appendJSON(
                    result, trace: isTracing ? session.replayer.trace : nil,
                    answer: session.replayer.firewall.answer, to: &output.buffer)
            case nil: break
            case .csv:
                lines.appendCSV(result, captureName: session.stream.names[result.capture], to: &output.buffer)
            }
            try output.flushIfFull()
            if writesPackets, let item = session.current {
                try session.stream.withBytes { bytes in try files?.write(result, item, bytes) }
            }
            try egress?.write(result, session)
            try kernelLog?.write(session)
            if result.number & 0x1fff == 0 {
                progress.update(packets: result.number, fraction: session.stream.fractionRead)
            }
            if Interruption.isAsked { break }
        }
        progress.finish()
        try files.take()?.close()
        try egress.take()?.close()
        try kernelLog.take()?.close()
        try finish(summary, session, format, stateFiles, report, &output)
    }

    private func finish(
        _ summary: ReplaySummary, _ session: borrowing ReplaySession, _ format: Format?,
        _ stateFiles: StateFiles, _ report: ReplayReport?, _ output: inout StandardOutput
    ) throws {
        let notes = session.remarks + ReplayNotes(summary, session).all
        if format == .table {
            let table = ReplayTable(summary, session.book, captures: session.stream.names, notes: notes)
            output.buffer += Array(
                table.text(
                    ipv4: RuleCounts(session.replayer.firewall.ipv4),
                    ipv6: RuleCounts(session.replayer.firewall.ipv6)
                ).utf8)
        } else {
            for note in notes.dropFirst(session.remarks.count) { StandardError.note(note) }
        }
        try output.flush()
        try stateFiles.write(session, at: until.flatMap(Timestamp.init(seconds:)) ?? summary.last)
        let interruption =
            Interruption.isAsked
            ? "interrupted: these are the results of the first \(summary.frames) frames" : nil
        try report?.write(
            summary, session, notes: notes,
            shortfalls: [interruption].compactMap { $0 }
                + session.stream.faults.map { "\($0); the results hold everything up to there" })
        if let interruption {
            StandardError.note(interruption)
            throw Failure.interrupted
        }
        try session.stream.checkFaults()
    }

    /// What the page says of where its results come from.
    private func reportSource(_ input: RuleInput, captures: [String]) -> ReplayPage.Source {
        ReplayPage.Source(
            captures: captures, host: host.words(snapshot: input.snapshot), selection: captureOptions.words)
    }

    private func appendTrace(
        _ result: PacketResult, _ trace: RuleTrace, _ session: borrowing ReplaySession,
        _ buffer: inout [UInt8]
    ) {
        let text = PacketText(session.book, interfaces: session.interfaces)
        buffer += Array(text.traced(result, trace).utf8)
    }
}
