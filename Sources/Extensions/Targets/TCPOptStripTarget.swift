import Packets
public import RuleModel

/// `-j TCPOPTSTRIP` (extensions/libxt_TCPOPTSTRIP.c; net/netfilter/xt_TCPOPTSTRIP.c).
public struct TCPOptStripTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "TCPOPTSTRIP", tables: [.mangle], protocols: [.tcp], options: [OptionSpec("--strip-options")])

    private static let names: [String: UInt8] = [
        "mss": 2, "wscale": 3, "sack-permitted": 4, "sack": 5, "timestamp": 8, "md5": 19,
    ]

    private var kinds: Set<UInt8> = []

    public init?(_ reader: inout OptionReader) {
        guard let argument = reader.option("--strip-options")?.arguments[0] else { return }
        for piece in argument.pieces(separator: ",") {
            let number =
                TCPOptStripTarget.names[piece.text] ?? parseNumber(piece.text).flatMap(UInt8.init(exactly:))
            guard let number, number >= 2 else {
                reader.error(
                    "a TCP option is a number from 2 to 255, or \(TCPOptStripTarget.names.keys.sorted().joined(separator: ", "))",
                    at: piece.range)
                return nil
            }
            guard kinds.insert(number).inserted else {
                reader.error("option \(number) is named twice", at: piece.range)
                return nil
            }
        }
    }

    public var action: Action { .change(.stripTCPOptions(kinds)) }

    public var savedWords: [String] {
        kinds.isEmpty
            ? [] : savedOption("--strip-options", kinds.sorted().map(String.init).joined(separator: ","))
    }
}
