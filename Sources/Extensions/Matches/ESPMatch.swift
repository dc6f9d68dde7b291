import Packets
public import RuleModel

/// `-m esp` (extensions/libxt_esp.c; net/netfilter/xt_esp.c).
public struct ESPMatch: Match {
    public static let schema = ExtensionSchema(
        "esp", protocols: [.esp], options: [OptionSpec("--espspi", negatable: true)])

    private let spi: SPITest

    public init?(_ reader: inout OptionReader) {
        guard let spi = SPITest("--espspi", ifMissing: .any, &reader) else { return nil }
        self.spi = spi
    }

    public var condition: Condition {
        .all([
            .upperHeader("ESP", length: 8),
            Condition.number(.securityParameterIndex, in: spi.set).negated(if: spi.isNegated),
        ])
    }

    public var savedWords: [String] { spi.savedWords("--espspi") }
}
