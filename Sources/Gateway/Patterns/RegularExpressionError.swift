/// What is wrong with a regular expression.
public struct RegularExpressionError: Error, Hashable, Sendable {
    public let message: String
    /// UTF-8 byte offsets in the expression, without its slashes; may be empty at its end.
    public let range: Range<Int>
}
