internal import RuleModel

/// Rules in a row that neither call a chain nor change a field, put together in pairs: two rules, then two pairs, and so on.
///
/// What the rules do together takes far fewer nodes than what is left before each of them (a thousand rules, 80 times
/// fewer): that is worked out only for the rules that somebody asks about.
struct RuleBlock {
    /// What some rules in a row do with packets that come to the first of them.
    struct Effect {
        var accepted = Diagram.never
        var dropped = Diagram.never
        var rejected = Diagram.never
        var hotdropped = Diagram.never
        var returned = Diagram.never
        /// Packets that go on behind the last.
        var passed = Diagram.always

        init() {}

        init(_ rule: Rule, _ test: TestDiagrams, _ store: inout DiagramStore) {
            hotdropped = test.hotdrops
            var stays = test.holds
            switch rule.target {
            case .action(let target):
                switch target.action.disposition {
                case .accepts: accepted = test.holds
                case .drops: dropped = test.holds
                case .rejects: rejected = test.holds
                case .returns: returned = test.holds
                case .goesOn: stays = .never
                }
            case .none, .jump, .goto: stays = .never
            }
            passed = store.and(!stays, !test.hotdrops)
        }

        /// These rules, and then others.
        func then(_ next: Effect, _ store: inout DiagramStore) -> Effect {
            var both = self
            both.accepted = store.or(accepted, store.and(passed, next.accepted))
            both.dropped = store.or(dropped, store.and(passed, next.dropped))
            both.rejected = store.or(rejected, store.and(passed, next.rejected))
            both.hotdropped = store.or(hotdropped, store.and(passed, next.hotdropped))
            both.returned = store.or(returned, store.and(passed, next.returned))
            both.passed = store.and(passed, next.passed)
            return both
        }
    }

    let first: Int
    /// The packets that come to the first rule.
    let entering: Diagram
    /// What rules let pass: by level, each of half as many entries as the one below, rounded up.
    private var passing: [[Diagram]]
    private(set) var effect = Effect()

    init(first: Int, entering: Diagram, _ effects: [Effect], _ store: inout DiagramStore) {
        self.first = first
        self.entering = entering
        passing = [effects.map(\.passed)]
        var row = effects
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { index in
                index + 1 < row.count ? row[index].then(row[index + 1], &store) : row[index]
            }
            passing.append(row.map(\.passed))
        }
        effect = row.first ?? Effect()
    }

    /// Some packets as far as they come to a rule of the block.
    func reaching(_ rule: Int, of packets: Diagram, _ store: inout DiagramStore) -> Diagram {
        var left = store.and(packets, entering)
        // The rules before it, as the largest groups that there are.
        var position = 0
        let end = rule - first
        while position < end, left != .never {
            var level = passing.count - 1
            while position & ((1 << level) - 1) != 0 || position + (1 << level) > end { level -= 1 }
            left = store.and(left, passing[level][position >> level])
            position += 1 << level
        }
        return left
    }

    /// What one rule lets pass.
    func passed(_ rule: Int) -> Diagram { passing[0][rule - first] }
}
