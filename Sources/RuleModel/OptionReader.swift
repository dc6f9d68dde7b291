public import Diagnostics
public import Packets

/// An argument of an option, as written.
public struct Argument: Hashable, Sendable {
    public let text: String
    public let range: SourceRange

    public init(text: String, range: SourceRange) {
        self.text = text
        self.range = range
    }
}

/// An option that stands in a rule.
public struct ParsedOption: Sendable {
    /// The name in its `OptionSpec`, whatever spelling was used.
    public let name: String
    public let isNegated: Bool
    public let arguments: [Argument]
    /// From the option's word (or the `!` before it) to its last argument.
    public let range: SourceRange

    public init(name: String, isNegated: Bool, arguments: [Argument], range: SourceRange) {
        self.name = name
        self.isNegated = isNegated
        self.arguments = arguments
        self.range = range
    }
}

/// The rule around a match or target.
public struct RuleContext: Sendable {
    public let family: AddressFamily
    public let table: TableKind
    public let chain: String
    public let transportProtocol: Negatable<IPProtocol>?
    public let file: SourceFile

    public init(
        family: AddressFamily, table: TableKind, chain: String, transportProtocol: Negatable<IPProtocol>?,
        file: SourceFile
    ) {
        self.family = family
        self.table = table
        self.chain = chain
        self.transportProtocol = transportProtocol
        self.file = file
    }
}

/// Hands one occurrence's options to its match or target, turns arguments into values, and collects what is
/// wrong with them. What the `OptionSpec`s say (negation, repetition, required) has been checked before.
public struct OptionReader {
    public let context: RuleContext
    /// In the order in which they were written.
    public let options: [ParsedOption]
    /// The extension's name in the text (`tcp` in `-m tcp`, or in the `-p tcp` that implied it).
    public let nameRange: SourceRange
    public private(set) var diagnostics: [Diagnostic] = []

    public init(context: RuleContext, options: [ParsedOption], nameRange: SourceRange) {
        self.context = context
        self.options = options
        self.nameRange = nameRange
    }

    public func option(_ name: String) -> ParsedOption? { options.first { $0.name == name } }

    public mutating func error(
        _ message: String, at range: SourceRange, code: String = "FW001", suggestion: String? = nil
    ) {
        diagnostics.append(
            Diagnostic(
                code: code, severity: .error, message: message, file: context.file, range: range,
                suggestion: suggestion))
    }

    /// A number as `strtoul` with base 0 reads it: decimal, `0x…` or `0…` octal.
    public mutating func number(_ argument: Argument, in range: ClosedRange<UInt64>, what: String) -> UInt64?
    {
        guard let value = parseNumber(argument.text) else {
            error("\(what) must be a number, not \"\(argument.text)\"", at: argument.range)
            return nil
        }
        guard range.contains(value) else {
            error(
                "\(what) must be between \(range.lowerBound) and \(range.upperBound), not \(argument.text)",
                at: argument.range)
            return nil
        }
        return value
    }
}

/// A number as `strtoul` with base 0 reads it; nil if other text is there too, or it needs more than 64 bits.
public func parseNumber(_ text: some StringProtocol) -> UInt64? {
    guard let first = text.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else {
        return nil
    }
    if text.hasPrefix("0x") || text.hasPrefix("0X") { return UInt64(text.dropFirst(2), radix: 16) }
    if first == UInt8(ascii: "0"), text.utf8.count > 1 { return UInt64(text.dropFirst(), radix: 8) }
    return UInt64(text)
}
