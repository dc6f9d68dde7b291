import Packets

extension GatewayPolicy {
    /// What the first matching rule says of a request, else the default.
    ///
    /// A rule with a test that can't be judged at `facts.stage` is passed over; if its other tests hold, the
    /// decision's `pendingStage` reaches to the stage at which it can. Whoever asks again at a later stage
    /// gets the list read from the top.
    public func decide(_ facts: RequestFacts) -> PolicyDecision {
        let protocolName = facts.protocolName
        var pending: PolicyStage?
        for rule in rules {
            var latest = PolicyStage.request
            var holds = true
            for test in rule.tests {
                let stage = test.field.stage(of: protocolName)
                if stage > facts.stage {
                    latest = max(latest, stage)
                } else if !test.holds(for: facts) {
                    holds = false
                    break
                }
            }
            guard holds else { continue }
            if latest > facts.stage {
                pending = max(pending ?? latest, latest)
                continue
            }
            return PolicyDecision(
                action: rule.action, rule: rule.name, reply: rule.reply, edits: rule.edits,
                pendingStage: pending)
        }
        return PolicyDecision(action: defaultAction, pendingStage: pending)
    }
}

extension RequestFacts {
    fileprivate var protocolName: GatewayProtocol? {
        guard case .text(let name)? = self[.protocol].first else { return nil }
        return GatewayProtocol(rawValue: name)
    }
}

extension FieldTest {
    func holds(for facts: RequestFacts) -> Bool {
        guard let headerName else { return matcher.matches(facts[field]) }
        let values = facts.header(headerName, ofResponse: field == .responseHeader)
        return matcher.matches(values.map { .text($0) })
    }
}

extension ValueMatcher {
    /// Whether one of the values fits; of `not`, whether none does.
    func matches(_ values: [FieldValue]) -> Bool {
        switch self {
        case .any(let matchers): matchers.contains { $0.matches(values) }
        case .not(let matcher): !matcher.matches(values)
        case .text, .number, .prefix: values.contains { matches($0) }
        }
    }

    private func matches(_ value: FieldValue) -> Bool {
        switch (self, value) {
        case (.text(let pattern), .text(let text)): pattern.matches(text)
        case (.number(let range), .number(let number)): range.contains(number)
        case (.prefix(let prefix), .address(let address)): prefix.contains(address)
        default: false
        }
    }
}
