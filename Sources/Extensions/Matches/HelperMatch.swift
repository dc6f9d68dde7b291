import Packets
public import RuleModel

/// `-m helper` (extensions/libxt_helper.c; net/netfilter/xt_helper.c): the packet's connection was expected by a helper
/// whose name begins the one given, so that `ftp-2121` is ftp's, too.
public struct HelperMatch: Match {
    public static let schema = ExtensionSchema(
        "helper",
        options: [OptionSpec("--helper", negatable: true, required: true)])

    /// `struct xt_helper_info`: 30 bytes with the zero behind it.
    private static let longestName = 29

    private let name: String
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--helper") else { return nil }
        name = option.arguments[0].text.cut(toBytes: HelperMatch.longestName)
        isNegated = option.isNegated
    }

    public var condition: Condition {
        let summary = name.isEmpty ? "expected by any helper" : "expected by the helper \(name)"
        let name = name
        let test = PacketTest(summary: summary) { context, _ in
            guard let helper = context.flow.masterHelper else { return .fails }
            return TestAnswer(name.isEmpty || name.utf8.starts(with: helper.rawValue.utf8))
        }
        return Condition.all([.hasConnection, .expectedConnection, .packet(test)]).negated(if: isNegated)
    }

    public var savedWords: [String] { savedOption("--helper", savedString(name), isNegated: isNegated) }
}

extension Condition {
    /// The packet's connection is one that a helper expected: it has a master.
    static var expectedConnection: Condition {
        .anyBit(.connectionStatus, mask: ConnectionStatus.expected.rawValue)
    }
}
