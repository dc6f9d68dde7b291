import Packets
public import RuleModel

/// `-m ipv6header` of ip6tables (extensions/libip6t_ipv6header.c; net/ipv6/netfilter/ip6t_ipv6header.c).
public struct IPv6HeaderMatch: Match {
    public static let schema = ExtensionSchema(
        "ipv6header", families: [.ipv6],
        options: [
            OptionSpec("--header", negatable: true, required: true), OptionSpec("--soft", argument: .none),
        ])

    /// The headers in the order of iptables' `chain_flags`, with their `MASK_` bits and the names that are printed.
    private static let headers: [(number: UInt8, bit: UInt8, saved: String)] = [
        (ExtensionHeader.hopByHop, 0x80, "hop-by-hop"),
        (ExtensionHeader.destinationOptions, 0x40, "ipv6-opts"),
        (ExtensionHeader.routing, 0x20, "ipv6-route"), (ExtensionHeader.fragment, 0x10, "ipv6-frag"),
        (ExtensionHeader.authentication, 0x08, "ah"), (IPProtocol.esp.rawValue, 0x04, "esp"),
        (ExtensionHeader.noNext, 0x02, "ipv6-nonxt"), (255, 0x01, "protocol"),
    ]

    /// Those that `/etc/protocols` doesn't have.
    private static let names: [String: UInt8] = [
        "hop-by-hop": 0, "hop": 0, "0": 0, "dst": 60, "60": 60, "route": 43, "43": 43, "frag": 44, "44": 44,
        "auth": 51, "51": 51, "50": 50, "none": 59, "59": 59, "protocol": 255, "prot": 255, "255": 255,
    ]

    private let wanted: UInt8
    private let isNegated: Bool
    private let isSoft: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--header") else { return nil }
        let argument = option.arguments[0]
        var wanted: UInt8 = 0
        for piece in argument.pieces(separator: ",") where !piece.text.isEmpty {
            var number = IPv6HeaderMatch.names[piece.text]
            // Other names than those of iptables count only as they stand in /etc/protocols.
            if number == nil, piece.text == piece.text.lowercased() {
                number = IPProtocol(name: piece.text)?.rawValue
            }
            guard let number, let header = IPv6HeaderMatch.headers.first(where: { $0.number == number })
            else {
                reader.error(
                    "unknown header \"\(piece.text)\"; there is hop, dst, route, frag, auth, esp, none, prot",
                    at: piece.range)
                return nil
            }
            wanted |= header.bit
        }
        guard wanted != 0 else {
            reader.error("--header needs the name of a header", at: argument.range)
            return nil
        }
        self.wanted = wanted
        isNegated = option.isNegated
        isSoft = reader.option("--soft") != nil
    }

    public var condition: Condition {
        let names = "\(isNegated ? "not " : "")\(list)"
        return .packet(
            PacketTest(summary: isSoft ? "has the headers \(names)" : "its headers are \(names)") {
                [wanted, isNegated, isSoft] context, bytes in
                switch IPv6HeaderMatch.present(IPBytes(context.packet, bytes), bytes) {
                case .headers(let found):
                    // Negated and soft: none of them is there.
                    if isSoft { return TestAnswer(found & wanted == (isNegated ? 0 : wanted)) }
                    return TestAnswer((found == wanted) != isNegated)
                case .none: return .fails
                case .unreadable: return .hotdrop
                }
            })
    }

    private enum Present {
        case headers(UInt8)
        case none
        case unreadable
    }

    /// The headers that a packet has, as the kernel's loop over them sees it: what a header's length field says isn't
    /// held against the packet's length until the next header is read.
    private static func present(_ ip: IPBytes, _ bytes: RawSpan) -> Present {
        var found: UInt8 = 0
        var next = ip.firstHeader
        var offset = 40
        while let header = headers.first(where: { $0.number == next }), header.number != 255 {
            if next == ExtensionHeader.noNext { return .headers(found | header.bit) }
            guard ip.length - offset >= 2 else { return .none }
            if next == IPProtocol.esp.rawValue { return .headers(found | header.bit) }
            guard let following = ip.byte(at: offset, bytes), let lengthField = ip.byte(at: offset + 1, bytes)
            else { return .unreadable }
            found |= header.bit
            switch next {
            case ExtensionHeader.fragment: offset += 8
            case ExtensionHeader.authentication: offset += (Int(lengthField) + 2) * 4
            default: offset += (Int(lengthField) + 1) * 8
            }
            next = following
            if offset > ip.length { break }
        }
        let hasUpperLayer = next != ExtensionHeader.noNext && next != IPProtocol.esp.rawValue
        return .headers(hasUpperLayer ? found | 0x01 : found)
    }

    private var list: String {
        IPv6HeaderMatch.headers.filter { wanted & $0.bit != 0 }.map(\.saved).joined(separator: ",")
    }

    public var savedWords: [String] {
        savedOption("--header", list, isNegated: isNegated) + (isSoft ? ["--soft"] : [])
    }
}
