import Packets
public import RuleModel

/// `-m ah` of ip6tables (extensions/libip6t_ah.c; net/ipv6/netfilter/ip6t_ah.c): looks for the header anywhere in the
/// chain of extension headers, so that it needs no `-p`.
public struct IPv6AHMatch: Match {
    public static let schema = ExtensionSchema(
        "ah", families: [.ipv6],
        options: [
            OptionSpec("--ahspi", negatable: true),
            OptionSpec("--ahlen", negatable: true),
            OptionSpec("--ahres", argument: .none),
        ])

    private let spi: SPITest
    /// In bytes. The kernel doesn't test a length of 0, even a negated one.
    private var length: Negatable<UInt32>?
    private let reservedIsZero: Bool

    public init?(_ reader: inout OptionReader) {
        guard let spi = SPITest("--ahspi", ifMissing: .any, &reader) else { return nil }
        self.spi = spi
        if let option = reader.option("--ahlen") {
            guard
                let number = reader.number(
                    option.arguments[0], in: 0...UInt64(UInt32.max), what: "a header's length")
            else { return nil }
            if number == 0 { reader.warning("the kernel doesn't test a length of 0", at: option.range) }
            length = Negatable(UInt32(number), isNegated: option.isNegated)
        }
        reservedIsZero = reader.option("--ahres") != nil
    }

    private var testedLength: Negatable<UInt32>? { length?.value == 0 ? nil : length }

    public var condition: Condition {
        var summary = "authentication header with \(spi.summary)"
        if let length = testedLength {
            summary += ", \(length.isNegated ? "not " : "")\(length.value) bytes long"
        }
        if reservedIsZero { summary += ", reserved field 0" }
        return .extensionHeader(summary, ExtensionHeader.authentication, needed: 12) {
            [spi, testedLength, reservedIsZero] ip, offset, length, bytes in
            guard let number = ip.uint32(at: offset + 4, bytes),
                let reserved = ip.uint16(at: offset + 2, bytes)
            else { return .hotdrop }
            let isLength = testedLength.map { ($0.value == UInt32(length)) != $0.isNegated } ?? true
            return TestAnswer(spi.matches(number) && isLength && !(reservedIsZero && reserved != 0))
        }
    }

    public var savedWords: [String] {
        var words = spi.savedWords("--ahspi")
        if let length, length.value != 0 || length.isNegated {
            words += savedOption("--ahlen", "\(length.value)", isNegated: length.isNegated)
        }
        if reservedIsZero { words.append("--ahres") }
        return words
    }
}
