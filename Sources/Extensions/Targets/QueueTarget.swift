public import RuleModel

/// `-j QUEUE`: a verdict that puts the packet into queue 0 (`NF_QUEUE` in linux/netfilter.h).
public struct QueueTarget: TargetExtension {
    public static let schema = ExtensionSchema("QUEUE")

    public init?(_ reader: inout OptionReader) {}

    public var action: Action { .queue(QueueParameters()) }
    public var savedWords: [String] { [] }
}
