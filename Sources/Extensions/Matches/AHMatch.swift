import Packets
public import RuleModel

/// `-m ah` of iptables (extensions/libipt_ah.c; net/ipv4/netfilter/ipt_ah.c).
public struct AHMatch: Match {
    public static let schema = ExtensionSchema(
        "ah", families: [.ipv4], protocols: [.ah], options: [OptionSpec("--ahspi", negatable: true)])

    private let spi: SPITest

    public init?(_ reader: inout OptionReader) {
        guard let spi = SPITest("--ahspi", ifMissing: .any, &reader) else { return nil }
        self.spi = spi
    }

    public var condition: Condition {
        .all([
            .upperHeader("AH", length: 12),
            Condition.number(.securityParameterIndex, in: spi.set).negated(if: spi.isNegated),
        ])
    }

    public var savedWords: [String] { spi.savedWords("--ahspi") }
}
