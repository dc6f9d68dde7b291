import Packets
import RuleModel

/// `--state` and `--ctstate`.
struct ConnectionStateTest: Sendable {
    private var states: Set<ConnectionState> = []
    /// The bits behind the virtual states SNAT and DNAT.
    private var nat: ConnectionStatus = []
    let isNegated: Bool

    private enum Word {
        case state(ConnectionState)
        case nat(ConnectionStatus)
    }

    init?(_ option: ParsedOption, virtualStates: Bool, _ reader: inout OptionReader) {
        var words: [(name: String, value: Word)] = ConnectionState.allCases.map { ($0.name, .state($0)) }
        if virtualStates { words += [("SNAT", .nat(.sourceNAT)), ("DNAT", .nat(.destinationNAT))] }
        guard let found = reader.names(option.arguments[0], among: words, what: "state") else { return nil }
        for word in found {
            switch word {
            case .state(let state): states.insert(state)
            case .nat(let status): nat.insert(status)
            }
        }
        isNegated = option.isNegated
    }

    var condition: Condition {
        var parts: [Condition] = []
        if !states.isEmpty {
            let numbers = states.map { UInt32($0.rawValue)...UInt32($0.rawValue) }
            parts.append(.number(.connectionState, in: NumberSet(numbers)))
        }
        if !nat.isEmpty { parts.append(.anyBit(.connectionStatus, mask: nat.rawValue)) }
        return (parts.count == 1 ? parts[0] : .any(parts)).negated(if: isNegated)
    }

    /// In the order of `print_state` (extensions/libxt_conntrack.c).
    var savedWord: String {
        let order: [ConnectionState] = [.invalid, .new, .related, .established, .untracked]
        var words = order.filter(states.contains).map(\.name)
        if nat.contains(.sourceNAT) { words.append("SNAT") }
        if nat.contains(.destinationNAT) { words.append("DNAT") }
        return words.joined(separator: ",")
    }
}
