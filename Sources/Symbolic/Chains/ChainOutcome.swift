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
    /// The bits of the mark that packets may leave with changed, by level; meaningful for those accepted or returned.
    var marks: MarkChanges = [:]

    /// For each rule, the packets that come to it.
    var reaching: [Diagram] = []
    /// For each rule, what its condition makes of packets that come to it.
    var tests: [TestDiagrams] = []
    /// The calls of other chains, in order.
    var calls: [Call] = []
    /// The variables of histories that the chain or a called one asks.
    var histories: Set<UInt32> = []

    struct Call {
        var rule: Int
        var callee: ChainVisit
        /// What the rules before the call made of the mark.
        var marks: MarkChanges
    }

    /// The packets that a rule takes.
    func taken(_ rule: Int, _ store: inout DiagramStore) -> Diagram {
        store.and(reaching[rule], tests[rule].holds)
    }
}

/// Bits of the mark, each as a function of the packet; those that aren't named are as they were.
typealias MarkChanges = [UInt32: Diagram]

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

    /// Whether a leaf tests the mark.
    public var readsMark: Bool {
        contains { leaf in
            switch leaf {
            case .number(.mark, in: _), .bits(.mark, mask: _, value: _), .anyBit(.mark, mask: _): true
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
