import Diagnostics
import Packets
public import RuleModel

/// `-m multiport`, revision 1 (extensions/libxt_multiport.c; `multiport_mt` in net/netfilter/xt_multiport.c).
public struct MultiportMatch: Match {
    public static let schema = ExtensionSchema(
        "multiport", protocols: [.tcp, .udp, .udpLite, .sctp, .dccp],
        options: [
            OptionSpec("--source-ports", aliases: ["--sports"], negatable: true),
            OptionSpec("--destination-ports", aliases: ["--dports"], negatable: true),
            OptionSpec("--ports", negatable: true),
        ])

    /// How many ports there may be; a range counts as two (`XT_MULTI_PORTS`).
    private static let capacity = 15

    private let option: String
    private let ranges: [ClosedRange<UInt16>]
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: ["--source-ports", "--destination-ports", "--ports"]),
            let transportProtocol = MultiportMatch.transportProtocol(of: option, &reader),
            let ranges = MultiportMatch.ranges(option.arguments[0], transportProtocol, &reader)
        else { return nil }
        self.option = option.name
        self.ranges = ranges
        isNegated = option.isNegated
    }

    /// iptables names the ports while it reads the option, so the protocol must stand before it.
    private static func transportProtocol(
        of option: ParsedOption, _ reader: inout OptionReader
    ) -> IPProtocol? {
        if let place = reader.context.protocolRange, place.lower > option.range.lower {
            reader.error("-p must stand before \(option.name)", at: place, code: "FW008")
            return nil
        }
        return reader.context.transportProtocol?.value
    }

    private static func ranges(
        _ argument: Argument, _ transportProtocol: IPProtocol, _ reader: inout OptionReader
    ) -> [ClosedRange<UInt16>]? {
        var ranges: [ClosedRange<UInt16>] = []
        var count = 0
        for piece in argument.pieces(separator: ",") {
            let ends = piece.pieces(separator: ":")
            count += ends.count
            guard count <= capacity else {
                reader.error("at most \(capacity) ports, a range counting as two", at: piece.range)
                return nil
            }
            var ports: [UInt16] = []
            for end in ends {
                guard let port = reader.port(end, .ofProtocol(transportProtocol)) else { return nil }
                ports.append(port)
            }
            guard ports.count == 1 || ports.count == 2 && ports[0] < ports[1] else {
                reader.error(
                    "a range is two ports with a colon between, the smaller one first", at: piece.range,
                    code: ports.count == 2 ? "FW013" : "FW001")
                return nil
            }
            ranges.append(ports[0]...ports[ports.count - 1])
        }
        return ranges
    }

    public var condition: Condition {
        let set = NumberSet(ranges.map { UInt32($0.lowerBound)...UInt32($0.upperBound) })
        let source = Condition.number(.sourcePort, in: set)
        let destination = Condition.number(.destinationPort, in: set)
        let test: Condition =
            switch option {
            case "--source-ports": source
            case "--destination-ports": destination
            default: .any([source, destination])
            }
        return .all([.header(.ports), test.negated(if: isNegated)])
    }

    public var savedWords: [String] {
        let name =
            switch option {
            case "--source-ports": "--sports"
            case "--destination-ports": "--dports"
            default: "--ports"
            }
        let list = ranges.map { savedRange($0.lowerBound, $0.upperBound) }.joined(separator: ",")
        return savedOption(name, list, isNegated: isNegated)
    }
}
