public import RuleModel

/// `-m nfacct` (extensions/libxt_nfacct.c; net/netfilter/xt_nfacct.c): counts the packet in an accounting object of the
/// kernel, and always matches, unless `nfacct` gave the object a quota, which isn't simulated.
public struct NetfilterAccountingMatch: Match {
    public static let schema = ExtensionSchema(
        "nfacct", options: [OptionSpec("--nfacct-name", required: true)])

    /// `NFACCT_NAME_MAX`, less the NUL at the end.
    private static let nameLength = 31

    private let name: String

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--nfacct-name") else { return nil }
        let argument = option.arguments[0]
        guard !argument.text.isEmpty, !argument.text.utf8.contains(UInt8(ascii: "\n")) else {
            reader.error("an accounting object has a name, of one line", at: argument.range)
            return nil
        }
        name = argument.text.cut(toBytes: NetfilterAccountingMatch.nameLength)
    }

    public var condition: Condition { .always }
    /// With two blanks, as iptables prints them.
    public var savedWords: [String] { savedOption("--nfacct-name", "", savedString(name)) }
}
