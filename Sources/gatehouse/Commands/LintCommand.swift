import ArgumentParser
import Diagnostics
import Extensions
import Glibc
import Linter
import Packets
import Reports
import RuleModel

struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Finds faults in rules, and proves them.",
        discussion: """
            A comment line "# gatehouse: ignore=FW101 reason" silences a lint for the next rule, and \
            -m comment --comment "reason lint:ignore=FW101" for its own. Exit code 1: there are findings at or over \
            --fail-on. 2: a file can't be read, or has errors of the rule language.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, sarif
    }

    enum FailOn: String, CaseIterable, ExpressibleByArgument {
        case error, warning, info, never

        var severity: Finding.Severity? { Finding.Severity(rawValue: rawValue) }
    }

    @ArgumentParser.Argument(help: "Rule files, or host snapshots.")
    var rules: [String] = []

    @Option(help: "text, json or sarif (SARIF 2.1.0).")
    var format: Format = .text

    @Option(help: ArgumentHelp("Only these lints: codes, or beginnings such as FW1.", valueName: "code,…"))
    var select: [String] = []

    @Option(help: ArgumentHelp("All lints but these.", valueName: "code,…"))
    var ignore: [String] = []

    @Option(
        name: .customLong("fail-on"),
        help: "The least severity for exit code 1: error, warning, info or never.")
    var failOn: FailOn = .warning

    @Option(help: ArgumentHelp("Prints what a lint finds, why, and what to do, and ends.", valueName: "code"))
    var explain: String?

    @Flag(help: "Prints all lints, and ends.")
    var list = false

    @Option(help: "The family of the rules, where the file doesn't say it: ipv4 or ipv6.")
    var family: FamilyChoice?

    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        if rules.isEmpty && explain == nil && !list { throw ValidationError("Missing a rule file") }
    }

    func run() throws {
        if list { return try StandardOutput.writeAll(LintExplanation.list()) }
        if let explain { return try StandardOutput.writeAll(ManualPage.text(explain)) }
        try InputFile.checkStandardInput(rules + [sets.ipset].compactMap { $0 })
        let linter = RuleLinter(selection: try selection())
        var reports: [LintReport] = []
        var isUnreadable = false
        for path in rules {
            do {
                let snapshot = try SnapshotFiles(path)
                let known = try SetInput.file(sets.ipset, snapshot).map {
                    try SetInput.read($0, color: color.color)
                }
                for file in try RuleFileLoader.files(path, snapshot, family?.family) {
                    let builder = RuleSetBuilder(
                        catalogue: .standard, family: file.family, facts: unknown.handling, sets: known)
                    reports.append(linter.lint(try file.source(), builder))
                }
            } catch let error as Failure where error.exitCode == 2 {
                if let message = error.message { StandardError.write("gatehouse: \(message)\n") }
                isUnreadable = true
            }
        }
        for report in reports where !report.skippedTables.isEmpty {
            let tables = report.skippedTables.map(\.rawValue).joined(separator: ", ")
            StandardError.note("\(report.file.name): not linted because of errors: the table \(tables)")
        }
        try write(reports)
        if let complex = reports.first(where: { !$0.tooComplexTables.isEmpty }) {
            throw Failure.tooComplex(complex.file.name)
        }
        if isUnreadable || reports.contains(where: \.hasErrors) { throw Failure.reported }
        guard let least = failOn.severity else { return }
        if reports.contains(where: { $0.findings.contains { $0.severity >= least } }) {
            throw Failure.answeredNo
        }
    }

    private func write(_ reports: [LintReport]) throws {
        switch format {
        case .text:
            let usesColor = color.color.isOn(for: STDOUT_FILENO)
            try StandardOutput.writeAll(LintText(usesColor: usesColor).text(reports))
        case .json: try StandardOutput.writeAll(LintJSON.bytes(reports))
        case .sarif:
            let sarif = LintSARIF(version: Gatehouse.configuration.version)
            try StandardOutput.writeAll(sarif.bytes(reports))
        }
    }

    private func selection() throws -> LintSelection {
        func entries(_ option: String, _ values: [String]) throws -> [String] {
            let entries = values.flatMap { $0.split(separator: ",").map(String.init) }
            for entry in entries {
                if let complaint = LintSelection.complaint(about: entry) {
                    throw Failure.input("\(option): \(complaint)")
                }
            }
            return entries
        }
        return LintSelection(
            selected: select.isEmpty ? nil : try entries("--select", select),
            ignored: try entries("--ignore", ignore))
    }
}
