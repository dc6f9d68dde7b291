public import RuleModel

public struct DropTarget: TargetExtension {
    public static let schema = ExtensionSchema("DROP")

    public init?(_ reader: inout OptionReader) {}

    public var action: Action { .drop }
    public var savedWords: [String] { [] }
}
