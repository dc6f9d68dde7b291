public import RuleModel

public struct ReturnTarget: TargetExtension {
    public static let schema = ExtensionSchema("RETURN")

    public init?(_ reader: inout OptionReader) {}

    public var action: Action { .returnToCaller }
    public var savedWords: [String] { [] }
}
