import ArgumentParser
import RuleModel

/// What is made of rules that test a fact which no capture tells.
struct UnknownOption: ParsableArguments {
    enum Choice: String, CaseIterable, ExpressibleByArgument { case error, under, over }

    @Option(
        help:
            "Rules that test what no capture tells, such as a socket's owner: error refuses them, under takes them not to match, over takes such tests for met."
    )
    var unknown: Choice?

    /// Where each packet has one verdict: rules without an answer don't match.
    var assumption: UnknownFacts { unknown == .over ? .over : .under }

    /// What a builder makes of such rules there.
    var refusal: FactHandling { unknown == .error ? .refused : .open }

    /// What a builder makes of such rules where both answers may be followed, which is done if nobody says otherwise.
    var handling: FactHandling {
        switch unknown {
        case .error: .refused
        case .under: .assumed(.under)
        case .over: .assumed(.over)
        case nil: .open
        }
    }
}
