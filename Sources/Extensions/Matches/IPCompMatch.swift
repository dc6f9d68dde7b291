import Packets
public import RuleModel

/// `-m ipcomp` (extensions/libxt_ipcomp.c; net/netfilter/xt_ipcomp.c). Its SPI is the compression parameter index, of
/// 16 bits. The kernel doesn't look at `--compres`.
public struct IPCompMatch: Match {
    public static let schema = ExtensionSchema(
        "ipcomp", protocols: [IPProtocol(rawValue: 108)],
        options: [OptionSpec("--ipcompspi", negatable: true), OptionSpec("--compres", argument: .none)])

    private let spi: SPITest
    private let hasReserved: Bool

    public init?(_ reader: inout OptionReader) {
        // Unlike ah and esp, its range is empty but for 0 until it is given.
        guard let spi = SPITest("--ipcompspi", ifMissing: SPITest(low: 0, high: 0), &reader) else {
            return nil
        }
        self.spi = spi
        hasReserved = reader.option("--compres") != nil
        if let option = reader.option("--compres") {
            reader.warning("the kernel doesn't look at --compres", at: option.range)
        }
    }

    public var condition: Condition {
        let test = PacketTest(summary: "IPComp \(spi.summary)") { [spi] context, bytes in
            let ip = IPBytes(context.packet, bytes)
            return TestAnswer(
                ip.uint16(at: ip.transportOffset + 2, bytes).map { spi.matches(UInt32($0)) } ?? false)
        }
        return .all([.upperHeader("IPComp", length: 4), .packet(test)])
    }

    public var savedWords: [String] { spi.savedWords("--ipcompspi") + (hasReserved ? ["--compres"] : []) }
}
