internal import RuleModel

extension Condition {
    /// Whether a rule with this condition switches connection tracking on.
    var asksForConnection: Bool {
        switch self {
        case .not(let condition): condition.asksForConnection
        case .all(let parts), .any(let parts): parts.contains { $0.asksForConnection }
        case .number(let field, in: _), .bits(let field, mask: _, value: _), .anyBit(let field, mask: _):
            field.isOfConnection
        case .address(let field, value: _, mask: _), .addressRange(let field, _),
            .addressType(let field, _, limitedTo: _):
            field != .source && field != .destination
        case .hasConnection: true
        case .always, .reversePath, .interface, .sourceMAC, .header, .tcpOption, .packet, .fact: false
        case .history(let test): test.asksForConnection
        }
    }
}

extension NumberField {
    fileprivate var isOfConnection: Bool {
        switch self {
        case .connectionState, .connectionStatus, .connectionDirection, .connectionProtocol,
            .connectionOriginalSourcePort, .connectionOriginalDestinationPort, .connectionReplySourcePort,
            .connectionReplyDestinationPort, .connectionExpiry, .connectionMark:
            true
        case .transportProtocol, .sourcePort, .destinationPort, .icmpType, .icmpCode, .tcpFlags,
            .tcpMaximumSegmentSize, .length, .hopLimit, .trafficClass, .fragmentOffset, .fragmentHeader,
            .fragmentIdentification, .moreFragments, .fragmentReserved, .mark, .securityParameterIndex,
            .packetType, .linkAddresses:
            false
        }
    }
}

extension Action {
    /// Whether a rule with this action switches connection tracking on.
    var asksForConnection: Bool {
        switch self {
        case .translate: true
        case .connection(let change): change != .untrack
        case .synproxy: true
        case .accept, .drop, .returnToCaller, .reject, .log, .setMark, .queue, .change, .memory, .proxy,
            .copy,
            .aside:
            false
        }
    }
}
