import RuleModel

/// `--ahspi`, `--espspi` and `--ipcompspi`.
struct SPITest: Sendable {
    var low: UInt32 = 0
    var high: UInt32 = .max
    var isNegated = false

    init(low: UInt32, high: UInt32) {
        self.low = low
        self.high = high
    }

    /// - Parameter ifMissing: the range without the option.
    init?(_ name: String, ifMissing: SPITest, _ reader: inout OptionReader) {
        self = ifMissing
        guard let option = reader.option(name) else { return }
        let argument = option.arguments[0]
        guard let (low, high) = reader.numberRange(argument, upTo: .max, what: "an SPI") else { return nil }
        if low > high {
            reader.warning("this range is the wrong way round and holds no SPI", at: argument.range)
        }
        self.init(low: low, high: high)
        isNegated = option.isNegated
    }

    static let any = SPITest(low: 0, high: .max)

    var isAny: Bool { low == 0 && high == .max }
    var set: NumberSet { NumberSet(from: low, through: high) }

    func matches(_ spi: UInt32) -> Bool { (spi >= low && spi <= high) != isNegated }

    /// `SPI not 5:7`
    var summary: String { "SPI \(isNegated ? "not " : "")\(savedRange(low, high))" }

    /// Nothing for all numbers, even negated ones.
    func savedWords(_ name: String) -> [String] {
        isAny ? [] : savedOption(name, savedRange(low, high), isNegated: isNegated)
    }
}
