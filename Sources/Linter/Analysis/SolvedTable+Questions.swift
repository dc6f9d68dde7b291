import Packets
import RuleModel
import Symbolic

/// Sets that several lints ask for.
extension SolvedTable {
    var tcp: PacketSet { space.set(.number(.transportProtocol, in: NumberSet(UInt32(IPProtocol.tcp.rawValue)))) }

    func state(_ state: ConnectionState) -> PacketSet {
        space.set(.number(.connectionState, in: NumberSet(UInt32(state.rawValue))))
    }

    /// TCP with SYN and neither RST, ACK nor FIN: what `--syn` asks for.
    var synOnly: PacketSet { space.intersection(tcp, space.set(.bits(.tcpFlags, mask: 0x17, value: 0x02))) }

    var fromLoopback: PacketSet { space.set(.interface(.input, RuleFacts.loopback)) }

    /// What comes in from elsewhere: not what the host sends.
    var arriving: PacketSet { space.union(space.packets(at: .input), space.packets(at: .forward)) }

    /// `proved` if some packet is in the set whatever tests with memory answer, else `likely`.
    func confidence(_ set: PacketSet) -> Finding.Confidence {
        let hasHistory = space.freeVariables(of: set).contains { variable in
            if case .history = variable { true } else { false }
        }
        guard hasHistory else { return .proved }
        let doubtful = space.possible(space.complement(set))
        return space.isSubset(space.everything, of: doubtful) ? .likely : .proved
    }
}

extension Finding.Confidence {
    /// What isn't proved is never an error.
    func limit(_ severity: Finding.Severity) -> Finding.Severity {
        self == .likely ? min(severity, .warning) : severity
    }
}

extension Condition {
    var readsConnectionState: Bool {
        contains { leaf in
            if case .number(.connectionState, in: _) = leaf { true } else { false }
        }
    }
}
