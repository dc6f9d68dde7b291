import ArgumentParser
import RuleModel

struct BackendOption: ParsableArguments {
    @Option(
        name: .customLong("backend"),
        help: "Which iptables loads the rules: legacy or nft. What some of them mean depends on it.")
    private var choice: Choice = .legacy

    private enum Choice: String, CaseIterable, ExpressibleByArgument { case legacy, nft }

    var backend: RuleBackend { choice == .legacy ? .legacy : .nft }
}
