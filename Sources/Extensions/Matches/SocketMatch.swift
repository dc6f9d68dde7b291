import Packets
public import RuleModel

/// `-m socket`, revision 3 (extensions/libxt_socket.c; net/netfilter/xt_socket.c): whether this host has a socket for the
/// packet. The mark that `--restore-skmark` gives the packet isn't known either, and not set.
public struct SocketMatch: Match {
    private static let flags = ["--transparent", "--nowildcard", "--restore-skmark"]

    public static let schema = ExtensionSchema(
        "socket", evaluation: .needs("socket"), hooks: [.prerouting, .input],
        options: flags.map { OptionSpec($0, argument: .none) })

    private let given: [String]

    public init?(_ reader: inout OptionReader) {
        let options = reader.options
        given = SocketMatch.flags.filter { name in options.contains { $0.name == name } }
    }

    public var condition: Condition {
        let kind = given.contains("--transparent") ? "a transparent socket" : "a socket"
        let wildcard = given.contains("--nowildcard") ? ", also one bound to all addresses" : ""
        return .fact(FactTest(fact: "socket", summary: "\(kind) of this host takes it\(wildcard)"))
    }

    public var savedWords: [String] { given }
}
