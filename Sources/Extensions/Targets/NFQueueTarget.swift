public import RuleModel

/// `-j NFQUEUE`, revision 3 (extensions/libxt_NFQUEUE.c; net/netfilter/xt_NFQUEUE.c).
public struct NFQueueTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "NFQUEUE",
        options: [
            OptionSpec("--queue-num"), OptionSpec("--queue-balance"),
            OptionSpec("--queue-bypass", argument: .none), OptionSpec("--queue-cpu-fanout", argument: .none),
        ])

    private var parameters = QueueParameters()

    public init?(_ reader: inout OptionReader) {
        parameters.bypass = reader.option("--queue-bypass") != nil
        parameters.byProcessor = reader.option("--queue-cpu-fanout") != nil
        let chosen = reader.atMostOne(of: ["--queue-num", "--queue-balance"])
        if reader.hasErrors { return nil }
        if parameters.byProcessor, reader.option("--queue-balance") == nil {
            reader.error("--queue-cpu-fanout needs --queue-balance", at: reader.nameRange)
            return nil
        }
        guard let chosen else { return }
        let argument = chosen.arguments[0]
        guard chosen.name == "--queue-balance" else {
            guard let number = reader.number(of: chosen.name, in: 0...UInt64(UInt16.max)) else { return nil }
            parameters.queues = UInt16(number)...UInt16(number)
            return
        }
        guard let (low, high) = reader.numberRange(argument, upTo: UInt32(UInt16.max), what: "a queue") else {
            return nil
        }
        // The kernel counts the queues in 16 bits.
        guard argument.text.utf8.contains(UInt8(ascii: ":")), low < high, high - low < UInt32(UInt16.max)
        else {
            reader.error(
                "queues are balanced over two numbers with a colon between, the first the smaller, and not over all",
                at: argument.range)
            return nil
        }
        parameters.queues = UInt16(low)...UInt16(high)
    }

    public var action: Action { .queue(parameters) }

    public var savedWords: [String] {
        let queues = parameters.queues
        var words =
            queues.count > 1
            ? savedOption("--queue-balance", "\(queues.lowerBound):\(queues.upperBound)")
            : savedOption("--queue-num", "\(queues.lowerBound)")
        if parameters.bypass { words.append("--queue-bypass") }
        if parameters.byProcessor { words.append("--queue-cpu-fanout") }
        return words
    }
}
