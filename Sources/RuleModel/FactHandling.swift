/// What a builder makes of rules that test facts which no capture tells.
public enum FactHandling: Sendable, Hashable {
    /// They stay, and whoever asks the rules says what becomes of them.
    case open
    /// They are errors.
    case refused
    /// Their conditions are what is left when the facts are decided.
    case assumed(UnknownFacts)
}

extension Condition {
    /// Every test of a fact in it, in order.
    public var facts: [FactTest] {
        switch self {
        case .not(let inner): inner.facts
        case .all(let parts), .any(let parts): parts.flatMap(\.facts)
        case .fact(let test): [test]
        default: []
        }
    }

    /// The condition with its facts decided, so that it comes out as `unknown` says wherever they stand.
    public func assuming(_ unknown: UnknownFacts) -> Condition { assuming(isMet: unknown == .over) }

    private func assuming(isMet: Bool) -> Condition {
        switch self {
        case .not(let inner): .not(inner.assuming(isMet: !isMet))
        case .all(let parts): .all(parts.map { $0.assuming(isMet: isMet) })
        case .any(let parts): .any(parts.map { $0.assuming(isMet: isMet) })
        case .fact: isMet ? .all([]) : .any([])
        default: self
        }
    }
}
