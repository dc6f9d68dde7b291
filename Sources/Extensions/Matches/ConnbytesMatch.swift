import Packets
public import RuleModel

/// `-m connbytes` (extensions/libxt_connbytes.c; net/netfilter/xt_connbytes.c). Without a connection it fails.
public struct ConnbytesMatch: Match {
    public static let schema = ExtensionSchema(
        "connbytes",
        options: [
            OptionSpec("--connbytes", negatable: true, required: true),
            OptionSpec("--connbytes-dir", required: true),
            OptionSpec("--connbytes-mode", required: true),
        ])

    private enum Amount: String, CaseIterable {
        case packets, bytes
        /// Bytes a packet, rounded down; 0 before the first.
        case average = "avgpkt"
    }

    private enum Counted: String, CaseIterable {
        case original, reply, both
    }

    private let range: ClosedRange<UInt64>
    private let isNegated: Bool
    private let amount: Amount
    private let counted: Counted

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--connbytes"),
            let range = ConnbytesMatch.range(option.arguments[0], &reader),
            let counted: Counted = ConnbytesMatch.word("--connbytes-dir", &reader),
            let amount: Amount = ConnbytesMatch.word("--connbytes-mode", &reader)
        else { return nil }
        self.range = range
        // The kernel learns of the negation by a range the wrong way round, which one number can't be.
        isNegated = option.isNegated && range.lowerBound != range.upperBound
        if option.isNegated, !isNegated {
            reader.warning(
                "the kernel doesn't see the ! before a range of one number", at: option.range)
        }
        self.amount = amount
        self.counted = counted
    }

    /// `low`, `low:`, `:high`, `low:high` or `:` (XTTYPE_UINT64RC); one number is a lower bound.
    private static func range(_ argument: Argument, _ reader: inout OptionReader) -> ClosedRange<UInt64>? {
        let parts = argument.pieces(separator: ":")
        guard parts.count <= 2 else {
            reader.error("an amount is one number or two with a colon between", at: parts[2].range)
            return nil
        }
        func bound(_ piece: Argument, ifEmpty: UInt64) -> UInt64? {
            piece.text.isEmpty ? ifEmpty : reader.number(piece, in: 0...UInt64.max, what: "an amount")
        }
        guard let low = bound(parts[0], ifEmpty: 0),
            let high = parts.count == 2 ? bound(parts[1], ifEmpty: .max) : .max
        else { return nil }
        guard low <= high else {
            reader.error("the range is the wrong way round", at: argument.range)
            return nil
        }
        return low...high
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _ reader: inout OptionReader
    ) -> Word? where Word.RawValue == String {
        guard let argument = reader.option(name)?.arguments[0] else { return nil }
        if let word = Word(rawValue: argument.text) { return word }
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        reader.error("\(name) takes one of \(words)", at: argument.range)
        return nil
    }

    public var condition: Condition {
        let (range, isNegated, amount, counted) = (range, isNegated, amount, counted)
        let summary = "connection's \(counted.rawValue) \(amount.rawValue) \(isNegated ? "not " : "")in "
        let test = PacketTest(summary: summary + "\(range.lowerBound)-\(range.upperBound)") { context, _ in
            let flow = context.flow
            let counters: FlowCounters =
                switch counted {
                case .original: flow.originalCounters
                case .reply: flow.replyCounters
                case .both: flow.originalCounters + flow.replyCounters
                }
            let value: UInt64 =
                switch amount {
                case .packets: counters.packets
                case .bytes: counters.bytes
                case .average: counters.packets == 0 ? 0 : counters.bytes / counters.packets
                }
            return TestAnswer(range.contains(value) != isNegated)
        }
        return .all([.hasConnection, .packet(test)])
    }

    /// In the order of `connbytes_save`.
    public var savedWords: [String] {
        let high = range.upperBound
        let text = high != 0 && high != .max ? "\(range.lowerBound):\(high)" : "\(range.lowerBound)"
        return savedOption("--connbytes", text, isNegated: isNegated)
            + savedOption("--connbytes-mode", amount.rawValue)
            + savedOption("--connbytes-dir", counted.rawValue)
    }
}
