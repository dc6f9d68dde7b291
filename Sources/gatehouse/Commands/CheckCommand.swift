import AddressSets
import ArgumentParser
import Diagnostics
import Gateway
import Packets
import PolicyFile
import Reports
import RuleModel

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compiles rule files, sets and gateway policies, and prints what is wrong with them.",
        discussion: """
            Exit code 2: a file can't be read, or has errors. With --format json all diagnostics go to standard output \
            as one JSON object; columns count bytes from 1.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @ArgumentParser.Argument(
        help: "Rule files, host snapshots, what ipset save printed, or gateway policies.")
    var rules: [String] = []

    @Flag(help: "Prints the rules as iptables-save does, sets as ipset save does.")
    var print = false

    @Option(help: "text, or json for editors.")
    var format: Format = .text

    @Option(help: ArgumentHelp("Prints what a code means, why, and what to do, and ends.", valueName: "code"))
    var explain: String?

    @Option(help: "The family of the rules, where the file doesn't say it: ipv4 or ipv6.")
    var family: FamilyChoice?

    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        if rules.isEmpty && explain == nil { throw ValidationError("Missing a rule file") }
        if print && format == .json { throw ValidationError("--print prints rules, which are no JSON") }
    }

    func run() throws {
        if let explain { return try StandardOutput.writeAll(ManualPage.text(explain)) }
        try InputFile.checkStandardInput(rules + [sets.ipset].compactMap { $0 })
        var diagnostics: [Diagnostic] = []
        var failure: Failure?
        for path in rules {
            do {
                diagnostics += try check(path)
            } catch let error as Failure where error.exitCode == 2 {
                if let message = error.message { StandardError.write("gatehouse: \(message)\n") }
                failure = .reported
            }
        }
        if format == .json {
            try StandardOutput.writeAll(DiagnosticJSON.bytes(diagnostics))
            if diagnostics.contains(where: { $0.severity == .error }) { failure = .reported }
        }
        if let failure { throw failure }
    }

    /// - Returns: what is still to be printed.
    private func check(_ path: String) throws -> [Diagnostic] {
        let snapshot = try SnapshotFiles(path)
        let bytes = snapshot == nil ? try InputFile.read(path) : nil
        if let bytes, PolicyInput.isPolicy(path, bytes) {
            return try checkPolicy(SourceFile(name: InputFile.name(of: path), bytes: bytes))
        }
        if let bytes {
            let file = SourceFile(name: InputFile.name(of: path), bytes: bytes)
            if SetFileReader.recognizes(file) { return try checkSets(file) }
        }
        let known = try SetInput.file(sets.ipset, snapshot).map {
            try SetInput.read($0, color: color.color)
        }
        var loader = RuleFileLoader(color: color.color, facts: unknown.refusal, sets: known)
        var ruleSets: [RuleSet] = []
        for file in try RuleFileLoader.files(path, snapshot, family?.family, bytes: bytes) {
            ruleSets += try loader.load(file)
        }
        if format == .json { return loader.diagnostics }
        try loader.finish()
        for ruleSet in ruleSets {
            if print, ruleSets.count > 1 {
                let program = ruleSet.family == .ipv4 ? "iptables-save" : "ip6tables-save"
                try StandardOutput.writeAll("# \(program)\n")
            }
            try report(ruleSet)
        }
        return []
    }

    private func checkSets(_ file: SourceFile) throws -> [Diagnostic] {
        if format == .json { return SetFileReader(file).read().diagnostics }
        let catalogue = try SetInput.read(file, color: color.color)
        if print {
            try StandardOutput.writeText(SetPrinter(catalogue).text())
        } else {
            let elements = catalogue.sets.reduce(0) { $0 + $1.count }
            try StandardOutput.writeAll(
                "\(SafeText.line(file.name)): ok: \(count(catalogue.sets.count, "set")), "
                    + "\(count(elements, "element"))\n")
        }
        return []
    }

    private func checkPolicy(_ file: SourceFile) throws -> [Diagnostic] {
        if format == .json { return GatewayPolicyReader.read(file).diagnostics }
        let policy = try PolicyInput.policy(file, color: color.color)
        guard !print else {
            throw Failure.input("--print prints rules, and \(file.name) is a gateway policy")
        }
        try StandardOutput.writeAll(
            "\(SafeText.line(file.name)): ok: \(count(policy.listeners.count, "listener")), "
                + "\(count(policy.rules.count, "rule"))\n")
        return []
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private func report(_ ruleSet: RuleSet) throws {
        if print { return try StandardOutput.writeText(SyntaxPrinter(ruleSet).text()) }
        let chains = ruleSet.tables.flatMap(\.chains)
        let rules = chains.reduce(0) { $0 + $1.rules.count }
        try StandardOutput.writeAll(
            "\(SafeText.line(ruleSet.file.name)): ok: \(ruleSet.family == .ipv4 ? "IPv4" : "IPv6"), "
                + "\(count(ruleSet.tables.count, "table")), \(count(chains.count, "chain")), \(count(rules, "rule"))\n"
        )
    }
}
