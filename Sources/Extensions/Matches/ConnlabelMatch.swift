import Packets
public import RuleModel

/// `-m connlabel` (extensions/libxt_connlabel.c; net/netfilter/xt_connlabel.c). Labels are numbers here: their names are
/// in a file of the host that nobody gave.
public struct ConnlabelMatch: Match {
    public static let schema = ExtensionSchema(
        "connlabel",
        options: [
            OptionSpec("--label", negatable: true, required: true), OptionSpec("--set", argument: .none),
        ])

    /// `XT_CONNLABEL_MAXBIT`
    private static let last: UInt64 = 127

    private let label: Int
    private let sets: Bool
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--label") else { return nil }
        let argument = option.arguments[0]
        guard let value = parseNumber(argument.text), Int32(truncatingIfNeeded: value) >= 0 else {
            reader.error(
                "\"\(argument.text)\" is no number of a label; names of labels aren't known here",
                at: argument.range)
            return nil
        }
        // libxtables keeps 16 bits of it.
        let label = value & 0xffff
        guard label <= ConnlabelMatch.last else {
            reader.error("labels are numbered from 0 to \(ConnlabelMatch.last)", at: argument.range)
            return nil
        }
        if label != value {
            reader.warning("iptables takes label \(value) for \(label)", at: argument.range)
        }
        self.label = Int(label)
        sets = reader.option("--set") != nil
        isNegated = option.isNegated
    }

    public var condition: Condition {
        let (label, sets) = (label, sets)
        let test = HistoryTest(summary: "connection label \(label)\(sets ? ", which it sets" : "")") { _ in
            LabelledConnections(label: label, sets: sets)
        }
        return Condition.all([.hasConnection, .history(test)]).negated(if: isNegated)
    }

    public var savedWords: [String] {
        savedOption("--label", "\"\(label)\"", isNegated: isNegated) + (sets ? ["--set"] : [])
    }
}

/// Reads and writes labels on the connections themselves (`connlabel_mt`).
final class LabelledConnections: ConnectionHistory {
    private let label: Int
    private let sets: Bool

    init(label: Int, sets: Bool) {
        self.label = label
        self.sets = sets
    }

    func answer<Records: ConnectionRecords & ~Copyable>(
        _ context: borrowing TestContext, _ bytes: RawSpan, _ connections: inout Records
    ) -> TestAnswer {
        if connections.labels(of: context.flow.handle) >> UInt128(label) & 1 == 1 { return .holds }
        if sets { connections.setLabel(label, of: context.flow.handle) }
        return TestAnswer(sets)
    }
}
