public import RuleModel

/// `-m comment`, which every packet passes (extensions/libxt_comment.c).
public struct CommentMatch: Match {
    public static let schema = ExtensionSchema("comment", options: [OptionSpec("--comment", required: true)])

    /// At most 255 bytes, the rest being cut off (`XT_MAX_COMMENT_LEN`).
    public let text: String

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--comment") else { return nil }
        let argument = option.arguments[0]
        text = argument.text.cut(toBytes: 255)
        if text.utf8.count < argument.text.utf8.count {
            reader.warning("the kernel keeps only the first 255 bytes of a comment", at: argument.range)
        }
    }

    public var condition: Condition { .always }
    public var savedWords: [String] { savedOption("--comment", savedString(text)) }
}
