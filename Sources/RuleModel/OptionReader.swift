public import AddressSets
public import Diagnostics
public import Packets
public import RuleSyntax

/// An argument of an option, as written.
public struct Argument: Hashable, Sendable {
    public let text: String
    public let range: SourceRange
    /// As in `Word`.
    private let origins: [TextOrigin]

    public init(text: String, range: SourceRange) {
        self.init(Word(text: text, range: range))
    }

    public init(_ word: Word) {
        text = word.text
        range = word.range
        origins = word.origins
    }

    private var word: Word { Word(text: text, range: range, origins: origins) }

    /// Where a part of the text stands, as far as that is known; else where the whole argument does.
    func range(of part: Substring) -> SourceRange {
        let offset = text.utf8.distance(from: text.startIndex, to: part.startIndex)
        return word.range(of: offset..<offset + part.utf8.count)
    }

    /// The parts between separators, empty ones too, each with its own place as far as that is known.
    public func pieces(separator: Character) -> [Argument] {
        word.pieces(separator: separator).map(Argument.init)
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
    /// Where `-p` stands.
    public let protocolRange: SourceRange?
    public let file: SourceFile
    /// The sets that rules may name; nil if nobody said which there are.
    public let sets: SetCatalogue?
    /// Those of them that the rules around may change.
    public let changedSets: Set<String>

    public init(
        family: AddressFamily, table: TableKind, chain: String, transportProtocol: Negatable<IPProtocol>?,
        protocolRange: SourceRange? = nil, file: SourceFile, sets: SetCatalogue? = nil,
        changedSets: Set<String> = []
    ) {
        self.family = family
        self.table = table
        self.chain = chain
        self.transportProtocol = transportProtocol
        self.protocolRange = protocolRange
        self.file = file
        self.sets = sets
        self.changedSets = changedSets
    }

    /// What `-p` says, for a report that another protocol is needed.
    var protocolNotes: [Diagnostic.Note] {
        guard let protocolRange else { return [] }
        let name = transportProtocol.map { ProtocolNames.text($0.value) } ?? "all"
        let sign = transportProtocol?.isNegated == true ? "! " : ""
        return [.init("the rule says \(sign)-p \(name)", at: protocolRange)]
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
        _ message: String, at range: SourceRange, code: String = "FW001", suggestion: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        diagnostics.append(
            Diagnostic(
                code: code, severity: .error, message: message, file: context.file, range: range,
                notes: notes, suggestion: suggestion))
    }

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Something that is accepted, but hardly meant.
    public mutating func warning(_ message: String, at range: SourceRange, code: String = "FW001") {
        diagnostics.append(
            Diagnostic(code: code, severity: .warning, message: message, file: context.file, range: range))
    }

    /// The one option of several that exclude each other; reports the second, or that there is none.
    public mutating func exactlyOne(of names: [String]) -> ParsedOption? {
        guard let option = atMostOne(of: names) else {
            if !options.contains(where: { names.contains($0.name) }) {
                error("one of \(names.joined(separator: ", ")) is needed", at: nameRange)
            }
            return nil
        }
        return option
    }

    /// Nil without a report if there is none; reports the second of several.
    public mutating func atMostOne(of names: [String]) -> ParsedOption? {
        let found = options.filter { names.contains($0.name) }
        if found.count > 1 {
            error(
                "\(found[1].name) cannot be used together with \(found[0].name)", at: found[1].range,
                notes: [.init("\(found[0].name) stands here", at: found[0].range)])
            return nil
        }
        return found.first
    }

    /// Reports that an option works with one protocol only.
    public mutating func needsProtocol(_ name: String, _ text: String, at range: SourceRange) {
        error("\(name) needs \(text)", at: range, code: "FW008", notes: context.protocolNotes)
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
