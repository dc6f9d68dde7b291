public import RuleModel

public struct AcceptTarget: TargetExtension {
    public static let schema = ExtensionSchema("ACCEPT")

    public init?(_ reader: inout OptionReader) {}

    public var action: Action { .accept }
    public var savedWords: [String] { [] }
}
