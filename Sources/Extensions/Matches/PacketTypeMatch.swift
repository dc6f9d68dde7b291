import Packets
public import RuleModel

/// `-m pkttype` (extensions/libxt_pkttype.c; net/netfilter/xt_pkttype.c).
public struct PacketTypeMatch: Match {
    public static let schema = ExtensionSchema(
        "pkttype", options: [OptionSpec("--pkt-type", negatable: true, required: true)])

    /// The first name of a type is the one that is printed.
    private static let names: [(name: String, value: PacketType)] = [
        ("unicast", .host), ("broadcast", .broadcast), ("multicast", .multicast), ("otherhost", .otherHost),
        ("bcast", .broadcast), ("mcast", .multicast), ("host", .host),
    ]

    private let family: AddressFamily
    private let type: PacketType
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--pkt-type") else { return nil }
        let argument = option.arguments[0]
        guard let type = PacketTypeMatch.names.first(where: { $0.name == argument.text.lowercased() })?.value
        else {
            reader.error(
                "a packet type is one of \(PacketTypeMatch.names.map(\.name).joined(separator: ", "))",
                at: argument.range)
            return nil
        }
        family = reader.context.family
        self.type = type
        isNegated = option.isNegated
    }

    public var condition: Condition {
        // A looped-back copy counts as multicast or broadcast, as its destination says; in IPv6, always as multicast.
        let isLooped = Condition.number(.packetType, in: NumberSet(UInt32(PacketType.loopback.rawValue)))
        let isMulticast: Condition =
            family == .ipv6 ? .always : .address(.destination, value: 0xe000_0000, mask: 0xf000_0000)
        var parts = [Condition.number(.packetType, in: NumberSet(UInt32(type.rawValue)))]
        switch (type, family) {
        case (.multicast, _): parts.append(.all([isLooped, isMulticast]))
        case (.broadcast, .ipv4): parts.append(.all([isLooped, .not(isMulticast)]))
        default: break
        }
        return (parts.count == 1 ? parts[0] : .any(parts)).negated(if: isNegated)
    }

    public var savedWords: [String] {
        let name = PacketTypeMatch.names.first { $0.value == type }?.name ?? "\(type.rawValue)"
        return savedOption("--pkt-type", name, isNegated: isNegated)
    }
}
