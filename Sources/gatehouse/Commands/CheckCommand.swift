import AddressSets
import ArgumentParser
import Diagnostics
import Gateway
import Packets
import RuleModel

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compiles rule files, sets and gateway policies, and prints what is wrong with them.")

    @ArgumentParser.Argument(
        help: "Rule files, host snapshot folders, what ipset save printed, or gateway policies.")
    var rules: [String]

    @Flag(help: "Prints the rules as iptables-save does, sets as ipset save does.")
    var print = false

    @Option(help: "The family of the rules, where the file doesn't say it: ipv4 or ipv6.")
    var family: FamilyChoice?

    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func run() throws {
        try InputFile.checkStandardInput(rules + [sets.ipset].compactMap { $0 })
        var failure: Failure?
        for path in rules {
            do {
                let bytes = InputFile.isFolder(path) ? nil : try InputFile.read(path)
                if let bytes, PolicyInput.isPolicy(path, bytes) {
                    try checkPolicy(SourceFile(name: InputFile.name(of: path), bytes: bytes))
                    continue
                }
                if let bytes, try checkSets(SourceFile(name: InputFile.name(of: path), bytes: bytes)) {
                    continue
                }
                let input = try RuleInput(
                    path, rules6: nil, ipset: sets.ipset, family: family, color: color.color, bytes: bytes,
                    facts: unknown.refusal)
                for ruleSet in input.all {
                    if print, input.all.count > 1 {
                        let program = ruleSet.family == .ipv4 ? "iptables-save" : "ip6tables-save"
                        try StandardOutput.writeAll("# \(program)\n")
                    }
                    try report(ruleSet)
                }
            } catch let error as Failure where error.exitCode == 2 {
                if let message = error.message { StandardError.write("gatehouse: \(message)\n") }
                failure = .reported
            }
        }
        if let failure { throw failure }
    }

    /// - Returns: whether the file holds sets.
    private func checkSets(_ file: SourceFile) throws -> Bool {
        guard SetFileReader.recognizes(file) else { return false }
        let catalogue = try SetInput.read(file, color: color.color)
        if print {
            try StandardOutput.writeText(SetPrinter(catalogue).text())
        } else {
            let elements = catalogue.sets.reduce(0) { $0 + $1.count }
            try StandardOutput.writeAll(
                "\(SafeText.line(file.name)): ok: \(count(catalogue.sets.count, "set")), "
                    + "\(count(elements, "element"))\n")
        }
        return true
    }

    private func checkPolicy(_ file: SourceFile) throws {
        let policy = try PolicyInput.policy(file, color: color.color)
        guard !print else {
            throw Failure.input("--print prints rules, and \(file.name) is a gateway policy")
        }
        try StandardOutput.writeAll(
            "\(SafeText.line(file.name)): ok: \(count(policy.listeners.count, "listener")), "
                + "\(count(policy.rules.count, "rule"))\n")
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
