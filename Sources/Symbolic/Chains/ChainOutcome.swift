public import RuleModel

/// What a chain does with packets, as functions of the packet as it enters the chain. Computed once for a chain,
/// however many rules call it.
struct ChainOutcome {
    var accepted = Diagram.never
    var dropped = Diagram.never
    var rejected = Diagram.never
    /// Dropped on the spot by a match.
    var hotdropped = Diagram.never
    /// Given back to the caller, or left to the policy.
    var returned = Diagram.never
    /// The bits of fields that packets may leave with changed, by level; meaningful for those accepted or returned.
    var changes: FieldChanges = [:]

    /// For each rule, what its condition makes of packets that come to it.
    var tests: [TestDiagrams] = []
    /// The rules, in order: those that call chains or set changes in blocks of their own.
    var blocks: [RuleBlock] = []
    /// The calls of other chains, in order.
    var calls: [Call] = []
    /// The variables of histories that the chain or a called one asks.
    var histories: Set<UInt32> = []
    private let known = ReachedSets()

    struct Call {
        var rule: Int
        var callee: ChainVisit
        /// The packets that the rule sends there.
        var taken: Diagram
        /// What the rules before the call made of fields.
        var changes: FieldChanges
    }

    /// Some packets as far as they come to a rule.
    func reaching(_ rule: Int, of packets: Diagram, _ store: inout DiagramStore) -> Diagram {
        blocks[block(of: rule)].reaching(rule, of: packets, &store)
    }

    /// All packets that come to a rule; quickest for one rule after the other.
    func reaching(_ rule: Int, _ store: inout DiagramStore) -> Diagram {
        if let found = known.sets[rule] { return found }
        let block = blocks[block(of: rule)]
        let found: Diagram
        if rule > block.first, let before = known.sets[rule - 1] {
            found = store.and(before, block.passed(rule - 1))
        } else {
            found = block.reaching(rule, of: .always, &store)
        }
        known.sets[rule] = found
        return found
    }

    private func block(of rule: Int) -> Int {
        var (low, high) = (0, blocks.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if blocks[middle].first <= rule { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

/// What was asked of a chain's rules before.
private final class ReachedSets {
    var sets: [Int: Diagram] = [:]
}

/// Bits of fields that rules change (the mark, the hop limit …), each as a function of the packet; those that aren't named are as they were.
typealias FieldChanges = [UInt32: Diagram]

/// A chain, and how often a packet may have asked its histories before.
///
/// A test with memory may answer a second question of the same packet otherwise than the first. So a chain that a
/// packet can come back to is computed again, with variables of its own for the second visit. A chain without such
/// tests has only one visit.
struct ChainVisit: Hashable {
    var chain: Int
    var visit: Int
}

extension Condition {
    /// Whether a leaf fulfils the test.
    func contains(_ isWanted: (Condition) -> Bool) -> Bool {
        switch self {
        case .not(let inner): inner.contains(isWanted)
        case .all(let parts), .any(let parts): parts.contains { $0.contains(isWanted) }
        default: isWanted(self)
        }
    }

    /// Whether a leaf tests one of the fields.
    public func reads(anyOf fields: Set<NumberField>) -> Bool {
        contains { leaf in
            switch leaf {
            case .number(let field, in: _), .bits(let field, mask: _, value: _), .anyBit(let field, mask: _):
                fields.contains(field)
            // A test of bytes may look at any field that is written in the packet.
            case .packet:
                !fields.isDisjoint(with: [
                    .hopLimit, .trafficClass, .tcpFlags, .tcpMaximumSegmentSize, .length,
                ])
            case .tcpOption: fields.contains(.tcpMaximumSegmentSize)
            default: false
            }
        }
    }

    var hasHistory: Bool {
        contains { leaf in
            if case .history = leaf { true } else { false }
        }
    }
}
