import RuleModel

extension OptionReader {
    /// The number behind an option; nil without a report if the option isn't there.
    mutating func number(of name: String, in range: ClosedRange<UInt64>) -> UInt64? {
        option(name).flatMap { number($0.arguments[0], in: range, what: "the value of \(name)") }
    }
}
