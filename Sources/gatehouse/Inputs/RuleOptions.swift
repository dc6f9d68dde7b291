import ArgumentParser

/// What is said of a command's rules beside their file.
struct RuleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A second rule file, for IPv6.", valueName: "file"))
    var rules6: String?

    @Option(help: "The family of the rules, where the file doesn't say it: ipv4 or ipv6.")
    var family: FamilyChoice?
}
