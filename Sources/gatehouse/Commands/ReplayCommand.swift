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
    enum Checksum: String, CaseIterable, ExpressibleByArgument { case auto, verify, ignore }

    @ArgumentParser.Argument(help: "A rule file, or a host snapshot folder.")
    var rules: String

    @ArgumentParser.Argument(help: ArgumentHelp("Captures; - is standard input.", valueName: "capture"))
    var captures: [String] = []

    @Option(help: ArgumentHelp("A second rule file, for IPv6.", valueName: "file"))
    var rules6: String?

    @Option(help: "The family of the rules, where the file doesn't say it: ipv4 or ipv6.")
    var family: FamilyChoice?

    @OptionGroup var captureOptions: CaptureOptions
    @OptionGroup var host: HostOptions

    @Option(help: "What goes to standard output: table, jsonl or csv.")
    var format: Format = .table

    @Flag(help: "Shows the rules that each packet met.")
    var trace = false

    @Option(help: ArgumentHelp("Writes the IPv4 rules with their counters, as iptables-save -c.", valueName: "file"))
    var counters: String?

    @Option(help: ArgumentHelp("The same for IPv6.", valueName: "file"))
    var counters6: String?

    @Option(help: ArgumentHelp("Writes a capture of the accepted packets, as they arrived.", valueName: "file"))
    var writeAccepted: String?

    @Option(help: ArgumentHelp("Writes a capture of the packets that were not accepted.", valueName: "file"))
    var writeDropped: String?

    @Option(
        help: "Transport checksums: auto takes those for good that a network card was to fill in; verify; ignore.")
    var checksum: Checksum = .auto

    @OptionGroup var color: ColorOption

    func validate() throws {
        if captures.isEmpty && captureOptions.bound.isEmpty {
            throw ValidationError("Missing a capture: give a file, or --capture IFACE=FILE")
        }
        let outputs = [counters, counters6].compactMap { $0 }
        if outputs.contains("-"), format != .table {
            throw ValidationError("standard output can't hold both counters and \(format.rawValue)")
        }
    }

    func run() throws {
        let input = try RuleInput(rules, rules6: rules6, family: family, color: color.color)
        let firewall = try FirewallHost(host, snapshot: input.snapshot)
        let arguments =
            try captureOptions.bound.map { try CaptureArgument(bound: $0) } + captures.map { CaptureArgument(path: $0) }
        guard arguments.count(where: { $0.path == "-" }) + (rules == "-" ? 1 : 0) <= 1 else {
            throw Failure.input("standard input can be read once only")
        }
        let trust: [Checksum: ChecksumTrust] = [.auto: .verifyUnlessOffloaded, .verify: .verify, .ignore: .ignore]
        var session = try ReplaySession(
            input, firewall, captures: arguments, options: captureOptions, checksum: trust[checksum]!)
        session.replayer.isTracing = trace
        var accepted = try writeAccepted.map { try PacketFile(path: $0) }
        var dropped = try writeDropped.map { try PacketFile(path: $0) }
        var output = StandardOutput()
        if format == .csv { output.buffer += Array(PacketLines.csvHeader.utf8) }
        if format != .table { for remark in session.remarks { StandardError.note(remark) } }

        Interruption.watch()
        var progress = ProgressBar()
        var summary = ReplaySummary()
        var lines = PacketLines(session.book, captures: session.stream.names, interfaces: session.interfaces)
        var interfaceCount = session.interfaces.count
        while let result = try session.next() {
            summary.add(result)
            if session.interfaces.count != interfaceCount {
                interfaceCount = session.interfaces.count
                lines = PacketLines(session.book, captures: session.stream.names, interfaces: session.interfaces)
            }
            switch format {
            case .table: if trace { appendTrace(result, session.replayer.trace, session, &output.buffer) }
            case .jsonl: lines.appendJSON(result, trace: trace ? session.replayer.trace : nil, to: &output.buffer)
            case .csv:
                lines.appendCSV(result, captureName: session.stream.names[result.capture], to: &output.buffer)
            }
            try output.flushIfFull()
            if writeAccepted != nil || writeDropped != nil {
                try write(result, session, &accepted, &dropped)
            }
            if result.number & 0x1fff == 0 {
                progress.update(packets: result.number, fraction: session.stream.fractionRead)
                if Interruption.isAsked { break }
            }
        }
        progress.finish()
        try accepted.take()?.close()
        try dropped.take()?.close()
        try finish(summary, session, &output)
    }

    private func finish(_ summary: ReplaySummary, _ session: borrowing ReplaySession, _ output: inout StandardOutput)
        throws
    {
        let notes = session.remarks + ReplayNotes(summary, session).all
        if format == .table {
            let table = ReplayTable(summary, session.book, captures: session.stream.names, notes: notes)
            output.buffer += Array(
                table.text(
                    ipv4: session.replayer.firewall.ipv4.counters, ipv6: session.replayer.firewall.ipv6.counters
                ).utf8)
        } else {
            for note in notes.dropFirst(session.remarks.count) { StandardError.note(note) }
        }
        try output.flush()
        if let counters {
            try write(session.book.ipv4, session.replayer.firewall.ipv4.counters, to: counters, "--counters", "IPv4")
        }
        if let counters6 {
            try write(session.book.ipv6, session.replayer.firewall.ipv6.counters, to: counters6, "--counters6", "IPv6")
        }
        if Interruption.isAsked {
            StandardError.note("interrupted: these are the results of the first \(summary.frames) frames")
            throw Failure.interrupted
        }
        let faults = session.stream.faults
        if !faults.isEmpty {
            for fault in faults.dropLast() { StandardError.write("gatehouse: \(Failure.input(fault).message ?? "")\n") }
            throw Failure.input(faults.last! + "; the results hold everything up to there")
        }
    }

    private func write(
        _ rules: CompiledRules?, _ counters: [RuleCounters], to path: String, _ option: String, _ family: String
    ) throws {
        guard let rules else { throw Failure.input("\(option): there are no \(family) rules") }
        try InputFile.write(rules.countersText(counters), to: path)
    }

    private func appendTrace(
        _ result: PacketResult, _ trace: RuleTrace, _ session: borrowing ReplaySession, _ buffer: inout [UInt8]
    ) {
        let text = PacketText(session.book, interfaces: session.interfaces)
        buffer += Array(text.traced(result, trace).utf8)
    }

    private func write(
        _ result: PacketResult, _ session: borrowing ReplaySession, _ accepted: inout PacketFile?,
        _ dropped: inout PacketFile?
    ) throws {
        guard case .traversed(let traversal) = result.outcome, let item = session.current else { return }
        try session.stream.withBytes { bytes in
            if traversal.verdict == .accept {
                try accepted?.write(item, bytes)
            } else {
                try dropped?.write(item, bytes)
            }
        }
    }
}
