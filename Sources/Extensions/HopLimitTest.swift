import RuleModel

/// The one test of `ttl` and `hl`.
struct HopLimitTest: Sendable {
    private let comparison: Comparison
    private let value: UInt32

    private enum Comparison: String {
        case equal = "eq"
        case notEqual = "ne"
        case less = "lt"
        case greater = "gt"
    }

    /// - Parameter option: the options' common beginning, `--ttl` or `--hl`.
    init?(_ option: String, _ reader: inout OptionReader) {
        guard let found = reader.exactlyOne(of: ["\(option)-lt", "\(option)-gt", "\(option)-eq"]),
            let value = reader.number(found.arguments[0], in: 0...255, what: "a hop count")
        else { return nil }
        self.value = UInt32(value)
        comparison =
            switch found.name {
            case "\(option)-lt": .less
            case "\(option)-gt": .greater
            default: found.isNegated ? .notEqual : .equal
            }
    }

    static func options(_ option: String) -> [OptionSpec] {
        [
            OptionSpec("\(option)-lt"), OptionSpec("\(option)-gt"),
            OptionSpec("\(option)-eq", aliases: [option], negatable: true),
        ]
    }

    var condition: Condition {
        switch comparison {
        case .equal: .number(.hopLimit, in: NumberSet(value))
        case .notEqual: .not(.number(.hopLimit, in: NumberSet(value)))
        case .less: value == 0 ? .any([]) : .number(.hopLimit, in: NumberSet(0...value - 1))
        case .greater: .number(.hopLimit, in: NumberSet(from: value + 1, through: 255))
        }
    }

    func savedWords(_ option: String) -> [String] {
        comparison == .notEqual
            ? savedOption("\(option)-eq", "\(value)", isNegated: true)
            : savedOption("\(option)-\(comparison.rawValue)", "\(value)")
    }
}
