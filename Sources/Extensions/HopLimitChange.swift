import RuleModel

/// What `-j TTL` and `-j HL` share (net/netfilter/xt_HL.c): how the field changes.
struct HopLimitChange: Sendable {
    let change: NumberChange
    /// `--ttl-` or `--hl-`.
    private let prefix: String

    static func options(_ prefix: String) -> [OptionSpec] {
        ["set", "dec", "inc"].map { OptionSpec(prefix + $0) }
    }

    init?(_ reader: inout OptionReader, prefix: String) {
        self.prefix = prefix
        guard let option = reader.exactlyOne(of: HopLimitChange.options(prefix).map(\.name)) else {
            return nil
        }
        let isSet = option.name == prefix + "set"
        guard let number = reader.number(of: option.name, in: (isSet ? 0 : 1)...255).map(UInt8.init) else {
            return nil
        }
        change =
            isSet ? .set(number) : option.name == prefix + "inc" ? .increment(number) : .decrement(number)
    }

    var savedWords: [String] {
        switch change {
        case .set(let number): savedOption(prefix + "set", "\(number)")
        case .increment(let number): savedOption(prefix + "inc", "\(number)")
        case .decrement(let number): savedOption(prefix + "dec", "\(number)")
        }
    }
}
