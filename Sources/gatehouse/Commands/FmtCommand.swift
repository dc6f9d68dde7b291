import ArgumentParser
import Diagnostics
import Extensions
import Glibc
import Packets
import RuleModel

struct FmtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Prints rule files in one spelling, with their comments.",
        discussion: """
            Each rule becomes what iptables-save prints for it, in the place where it stands; comments stay, runs of \
            blank lines become one. What the rules mean doesn't change. With --check or --diff the exit code is 1 if a \
            file isn't in that spelling. 2: a file can't be read, has errors, or is a script.
            """)

    @ArgumentParser.Argument(help: "Rule files, or host snapshots.")
    var rules: [String]

    @Flag(help: "Only names the files that would change.")
    var check = false

    @Flag(help: "Prints what would change, as diff -u does.")
    var diff = false

    @Flag(help: "Changes the files.")
    var write = false

    @Option(help: "The family of the rules, where the file doesn't say it: ipv4 or ipv6.")
    var family: FamilyChoice?

    @OptionGroup var color: ColorOption

    func validate() throws {
        if write && (check || diff) {
            throw ValidationError("--write changes files; --check and --diff don't")
        }
        if write && rules.contains("-") { throw ValidationError("--write needs files, not standard input") }
    }

    func run() throws {
        try InputFile.checkStandardInput(rules)
        var isUnreadable = false
        var changes = 0
        for path in rules {
            do {
                let snapshot = try SnapshotFiles(path)
                if write, snapshot?.isArchive == true {
                    throw Failure.input("\(path) is an archive, and --write changes files only")
                }
                for file in try RuleFileLoader.files(path, snapshot, family?.family) {
                    if try format(file) { changes += 1 }
                }
            } catch let error as Failure where error.exitCode == 2 {
                if let message = error.message { StandardError.write("gatehouse: \(message)\n") }
                isUnreadable = true
            }
        }
        if isUnreadable { throw Failure.reported }
        if changes > 0, check || diff { throw Failure.answeredNo }
    }

    /// - Returns: whether the file isn't yet as it should be.
    private func format(_ ruleFile: RuleFile) throws -> Bool {
        let (path, file) = (ruleFile.path, try ruleFile.source())
        let (result, diagnostics) = RuleFormatter(catalogue: .standard, family: ruleFile.family).format(file)
        guard let result else {
            if diagnostics.contains(where: { $0.severity == .error }) {
                let renderer = DiagnosticRenderer(usesColor: color.color.isOn(for: STDERR_FILENO))
                StandardError.write(renderer.render(diagnostics))
                throw Failure.reported
            }
            throw Failure.input("\(path) is a script, which fmt leaves alone; check --print prints its rules")
        }
        let isChanged = result.text != file.bytes
        if check, isChanged { try StandardOutput.writeAll("would reformat \(SafeText.line(path))\n") }
        if diff {
            let text = UnifiedDiff.text(result.lines, oldName: path, newName: path)
            try StandardOutput.writeText(text)
        }
        if write, isChanged {
            try TextFile(path: path).write(result.text)
            StandardError.note("reformatted \(path)")
        }
        if !check, !diff, !write { try StandardOutput.writeText(result.text) }
        return isChanged
    }
}
