import Packets

extension Timestamp {
    /// Nil if the text is no number of seconds since 1970, with or without a fraction.
    init?(seconds text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1].prefix(9) : ""
        let digits = (parts.count == 2 ? String(parts[1]) : "") + String(parts.first ?? "")
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let whole = Int64(parts[0]),
            let rest = Int64(fraction + String(repeating: "0", count: 9 - fraction.count))
        else { return nil }
        let (product, isTooLarge) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isBeyond) = product.addingReportingOverflow(rest)
        guard !isTooLarge, !isBeyond else { return nil }
        self.init(nanoseconds: sum)
    }
}
