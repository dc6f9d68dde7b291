/// A pattern for a whole text: a glob or a regular expression.
///
/// Matching takes time proportional to the pattern's length times the text's, whatever they are. Both are over
/// the bytes of UTF-8.
public struct TextPattern: Hashable, Sendable {
    /// As the policy writes it; a regular expression in slashes.
    public let source: String
    private let style: Style
    private let automaton: ByteAutomaton

    /// How a kind of text is compared.
    public enum Style: Hashable, Sendable, CaseIterable, BitwiseCopyable {
        /// Byte by byte; `*` matches anything.
        case plain
        /// A word of a protocol that ignores case.
        case token
        /// Ignores case and a dot at the end; labels are separated by dots.
        case hostName
        /// Segments are separated by slashes.
        case path
        /// `text/html`: like a path, without case.
        case mediaType

        var ignoresCase: Bool { self == .token || self == .hostName || self == .mediaType }

        /// `*` and `?` of a glob don't match it.
        var separator: UInt8? {
            switch self {
            case .plain, .token: nil
            case .hostName: UInt8(ascii: ".")
            case .path, .mediaType: UInt8(ascii: "/")
            }
        }
    }

    /// A glob: literal bytes, `?` for one byte and `*` for any number that aren't the style's separator, `**`
    /// for any number of any.
    public init(glob: String, _ style: Style = .plain) {
        source = glob
        self.style = style
        var automaton = ByteAutomaton()
        let one = style.separator.map { ByteSet($0...$0).inverted } ?? .all
        var bytes = Array(glob.utf8)
        if style == .hostName { TextPattern.dropTrailingDot(&bytes) }
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "*"):
                let start = index
                while index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "*") { index += 1 }
                let loop = automaton.count
                automaton.append(.fork(loop + 3))
                automaton.append(.byte(index > start ? .all : one))
                automaton.append(.jump(loop))
            case UInt8(ascii: "?"): automaton.append(.byte(one))
            case let byte:
                let set = ByteSet(byte...byte)
                automaton.append(.byte(style.ignoresCase ? set.ignoringCase : set))
            }
            index += 1
        }
        automaton.append(.accept)
        self.automaton = automaton
    }

    /// A regular expression, anchored at both ends; see `RegularExpressionParser` for what it may hold.
    /// - Parameter regularExpression: without slashes around it.
    public init(regularExpression: String, _ style: Style = .plain) throws(RegularExpressionError) {
        source = "/\(regularExpression)/"
        self.style = style
        var parser = RegularExpressionParser(regularExpression)
        automaton = try parser.automaton(ignoringCase: style.ignoresCase)
    }

    public func matches(_ text: String) -> Bool {
        guard style == .hostName else { return automaton.matches(text.utf8) }
        var bytes = Array(text.utf8)
        TextPattern.dropTrailingDot(&bytes)
        return automaton.matches(bytes)
    }

    private static func dropTrailingDot(_ bytes: inout [UInt8]) {
        if bytes.count > 1, bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
    }
}
