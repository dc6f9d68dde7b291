import AddressSets
import ArgumentParser
import Packets
import Queries
import Replay
import Reports
import RuleModel
import Symbolic

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract:
            "Packets that two rule sets treat differently: proven over all packets, and found in captures.",
        discussion: """
            Verdicts of all tables on the paths INPUT, FORWARD and OUTPUT are compared, for every packet that there \
            can be; the table nat isn't asked. A test with memory (limit) that stands in both, in the same chain and \
            with the same words, is taken to answer alike in both. Captures are replayed through both. Exit code 1 if \
            there is a difference.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @ArgumentParser.Argument(help: "A rule file, or a host snapshot.")
    var old: String

    @ArgumentParser.Argument(help: "The same, later.")
    var new: String

    @ArgumentParser.Argument(help: ArgumentHelp("Captures to replay.", valueName: "capture"))
    var captures: [String] = []

    @Option(help: "The family of the rules, where the files don't say it: ipv4 or ipv6.")
    var family: FamilyChoice?

    @Option(help: "What goes to standard output: text or json.")
    var format: Format = .text

    @Option(help: ArgumentHelp("How many header sets are printed for a difference.", valueName: "n"))
    var limit = 10

    @OptionGroup var captureOptions: CaptureOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1") }
        if (captures + captureOptions.paths).contains("-") {
            throw ValidationError("captures are read twice, so standard input can't be one")
        }
    }

    func run() throws {
        try InputFile.checkStandardInput([old, new] + [sets.ipset].compactMap { $0 })
        let (before, after) = try inputs()
        var differences: [Difference] = []
        for family in AddressFamily.allCases {
            guard let (one, other) = DiffCommand.pair(before.ruleSet(family), after.ruleSet(family)) else {
                continue
            }
            do {
                differences += try DifferenceSolver(one, other).differences(limit: limit)
            } catch {
                throw Failure.tooComplex("\(old) and \(new)")
            }
        }
        for ruleSet in before.all + after.all { SetScope.remark(on: ruleSet) }
        if DiffCommand.setText(before) != DiffCommand.setText(after) {
            StandardError.note(
                "the sets of \(old) and \(new) differ; a large set, or one that rules change, is taken to answer alike in both"
            )
        }
        let changes = captures.isEmpty && captureOptions.bound.isEmpty ? nil : try replay(before, after)
        let report = DifferenceReport(differences, old: before.all, new: after.all, changes: changes)
        switch format {
        case .text: try StandardOutput.writeAll(report.text())
        case .json: try StandardOutput.writeAll(String(decoding: report.json(), as: UTF8.self))
        }
        if !report.isEqual { throw Failure.answeredNo }
    }

    private func inputs() throws -> (RuleInput, RuleInput) {
        // Packets of captures get a verdict each.
        let facts = captures.isEmpty && captureOptions.bound.isEmpty ? unknown.handling : unknown.refusal
        var before: RuleInput?
        var failure: Failure?
        // Both are read, so that all errors are found in one run.
        do {
            before = try RuleInput(
                old, rules6: nil, ipset: sets.ipset, family: family, color: color.color, facts: facts)
        } catch let error
            as Failure
        {
            failure = error
        }
        let after = try RuleInput(
            new, rules6: nil, ipset: sets.ipset, family: family, color: color.color, facts: facts)
        if let failure { throw failure }
        guard let before else { throw Failure.reported }
        return (before, after)
    }

    /// The sets that rules of a side name; a script may make its own.
    private static func setText(_ input: RuleInput) -> [String] {
        input.all.compactMap { $0.sets.map { SetPrinter($0).text() } }
    }

    /// The rules of both sides; a side without rules of a family that the other has lets its packets pass.
    private static func pair(_ old: RuleSet?, _ new: RuleSet?) -> (RuleSet, RuleSet)? {
        guard let any = old ?? new else { return nil }
        let empty = RuleSet(family: any.family, file: any.file, tables: [])
        return (old ?? empty, new ?? empty)
    }

    /// Sends the captures through both, side by side.
    private func replay(_ before: RuleInput, _ after: RuleInput) throws -> PacketChanges {
        var old = try session(before)
        var new = try session(after)
        for remark in old.remarks { StandardError.note(remark) }
        var changes = PacketChanges()
        Interruption.watch()
        while let one = try old.next(), let other = try new.next() {
            changes.add(
                one, other, PacketText(old.book, interfaces: old.interfaces),
                PacketText(new.book, interfaces: new.interfaces))
            if Interruption.isAsked { throw Failure.interrupted }
        }
        if let fault = old.stream.faults.first { throw Failure.input(fault) }
        return changes
    }

    private func session(_ input: RuleInput) throws -> ReplaySession {
        let arguments =
            try captureOptions.bound.map { try CaptureArgument(bound: $0) }
            + captures.map { CaptureArgument(path: $0) }
        return try ReplaySession(
            input, FirewallHost(host, snapshot: input.snapshot), captures: arguments, options: captureOptions,
            unknown: unknown.assumption)
    }
}

extension RuleInput {
    fileprivate func ruleSet(_ family: AddressFamily) -> RuleSet? { family == .ipv4 ? ipv4 : ipv6 }
}
