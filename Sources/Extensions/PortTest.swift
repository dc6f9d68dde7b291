import RuleModel

/// `--sport` or `--dport` of `tcp` and `udp`.
struct PortTest: Sendable {
    var low: UInt16 = 0
    var high: UInt16 = .max
    var isNegated = false

    private var isFull: Bool { low == 0 && high == .max }

    /// What isn't negated; nil for all ports, even negated ones, of which iptables-nft makes no test.
    var numbers: NumberSet? { isFull ? nil : NumberSet(from: UInt32(low), through: UInt32(high)) }
    var isTest: Bool { !isFull || isNegated }
    var words: String { (isNegated ? "not " : "") + savedRange(low, high) }

    /// No part at all for a test that every packet passes.
    func conditions(_ field: NumberField) -> [Condition] {
        if isFull, !isNegated { return [] }
        return [
            .number(field, in: NumberSet(from: UInt32(low), through: UInt32(high))).negated(if: isNegated)
        ]
    }

    /// Nothing for all ports, even negated ones.
    func savedWords(_ name: String) -> [String] {
        isFull ? [] : savedOption(name, savedRange(low, high), isNegated: isNegated)
    }
}
