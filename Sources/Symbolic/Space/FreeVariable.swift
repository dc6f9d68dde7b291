public import RuleModel

/// A test whose answer the packet itself doesn't tell, so that a packet set leaves it open.
public enum FreeVariable: Hashable, Sendable {
    /// One occurrence of a test with memory.
    case history(HistoryOccurrence)
    /// The same packet always gets the same answer, in every rule.
    case packet(PacketTest)
    case fact(FactTest)
    /// What routing says of an address.
    case addressType(AddressField, AddressTypeScope)
    /// What a change makes of a field, where that isn't worked out.
    case outcome(PacketChange, NumberField)
    case reversePath(ReversePathTest)

    /// In the words of the rule: `limit 5/min burst 5`, `address type of the source`.
    public var summary: String {
        switch self {
        case .history(let occurrence): occurrence.test.summary
        case .packet(let test): test.summary
        case .fact(let test): test.summary
        case .outcome(let change, _): change.outcomeWords
        case .reversePath(let test): test.summary
        case .addressType(let field, _): "address type of the \(field == .source ? "source" : "destination")"
        }
    }
}

/// Which occurrence of a test with memory is meant. Each has a memory of its own, so each has an answer of its own.
///
/// Occurrences are told apart by what is written, not by the number of their rule: in two versions of a rule set that
/// share a space, the same test in the same chain (the first of its text with the first, the second with the second)
/// is taken to answer alike.
public struct HistoryOccurrence: Hashable, Sendable {
    public let test: HistoryTest
    /// `filter:INPUT`, or the number of a condition that stands alone.
    public let place: String
    /// From 0, among those of the same text in the same place.
    public let ordinal: Int
    /// From 0: how often a packet may have met the occurrence before, as a chain may be called again.
    public let visit: Int
}

/// Gives occurrences their names while the rules of a chain are read in order.
struct OccurrenceCounter {
    let place: String
    let visit: Int
    private var counts: [HistoryTest: Int] = [:]

    init(place: String, visit: Int) {
        self.place = place
        self.visit = visit
    }

    mutating func next(_ test: HistoryTest) -> HistoryOccurrence {
        let ordinal = counts[test, default: 0]
        counts[test] = ordinal + 1
        return HistoryOccurrence(test: test, place: place, ordinal: ordinal, visit: visit)
    }
}

extension PacketChange {
    fileprivate var outcomeWords: String {
        switch self {
        case .hopLimit: "the changed hop limit"
        case .trafficClass, .congestion: "the changed traffic class"
        case .segmentSize: "the segment size behind TCPMSS"
        case .stripTCPOptions: "the options behind TCPOPTSTRIP"
        case .prefix: "the translated prefix"
        case .mark: "the mark that HMARK computes"
        }
    }
}
