internal import Packets
internal import RuleModel

/// What the variables of a packet space write in binary.
enum Field: Hashable {
    case number(NumberField)
    case address(AddressField)
    case interface(InterfaceField)
    case sourceMAC
    case fact(Fact)

    /// Facts that decide which fields a packet has.
    enum Fact: UInt8, CaseIterable {
        /// A fragment behind the first. Follows from the offset, and asked so often that it has a variable of its own.
        case laterFragment
        /// `PacketFlags.hasTransportHeader`
        case transportHeader
        /// `PacketFlags.hasPorts`
        case ports
        /// `PacketFlags.brokenHeaderChain`
        case brokenChain
        /// A TCP packet whose options can be read.
        case readableTCPOptions
        /// The options have an MSS.
        case maximumSegmentSize
    }
}

extension NumberField {
    /// How many bits the space gives the field.
    func width(_ family: AddressFamily) -> Int {
        switch self {
        case .fragmentHeader, .moreFragments, .fragmentReserved, .linkAddresses, .connectionDirection: 1
        case .packetType, .connectionState: 3
        case .transportProtocol, .icmpType, .icmpCode, .tcpFlags, .hopLimit, .trafficClass,
            .connectionProtocol:
            8
        case .fragmentOffset: 13
        case .sourcePort, .destinationPort, .tcpMaximumSegmentSize, .connectionOriginalSourcePort,
            .connectionOriginalDestinationPort, .connectionReplySourcePort, .connectionReplyDestinationPort:
            16
        // An IPv6 payload of 65,535 bytes, and jumbograms.
        case .length: family == .ipv4 ? 16 : 32
        case .fragmentIdentification, .mark, .connectionStatus, .connectionExpiry, .connectionMark,
            .securityParameterIndex:
            32
        }
    }
}

extension NumberField {
    /// Whether connection tracking says it.
    var isOfConnection: Bool {
        switch self {
        case .connectionState, .connectionStatus, .connectionDirection, .connectionProtocol,
            .connectionOriginalSourcePort, .connectionOriginalDestinationPort, .connectionReplySourcePort,
            .connectionReplyDestinationPort, .connectionExpiry, .connectionMark:
            true
        default: false
        }
    }
}
