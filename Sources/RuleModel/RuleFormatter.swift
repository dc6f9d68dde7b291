public import Diagnostics
public import Packets
import RuleSyntax

/// Writes rule files in one way, with their comments and in their order: each rule as `iptables-save` prints it, blank
/// lines one at a time and none at the ends, one between a COMMIT and the table that follows it. A line that
/// `iptables-save` has no exact words for stays as it is, and so does one for one IP version (`-4`, `-6`).
public struct RuleFormatter: Sendable {
    private let catalogue: Catalogue
    private let family: AddressFamily?

    public init(catalogue: Catalogue, family: AddressFamily? = nil) {
        self.catalogue = catalogue
        self.family = family
    }

    public struct Result: Sendable {
        public let text: [UInt8]
        /// Old and new lines side by side.
        public let lines: [UnifiedDiff.Line]
    }

    /// Nil if the file has errors, or is a script.
    public func format(_ file: SourceFile) -> (result: Result?, diagnostics: [Diagnostic]) {
        var diagnostics = DiagnosticCollector(file: file)
        let syntax = RuleFileParser(file).parse(&diagnostics)
        let family = family ?? RuleFamily.detect(syntax)
        var reader = RuleFileReader(
            syntax, family: family, extensions: ExtensionIndex(catalogue, family: family),
            mostRules: RuleSetBuilder.mostRules, diagnostics: diagnostics)
        var texts: [String?] = []
        _ = reader.read { reader, line in texts.append(reader.canonicalText(line)) }
        guard reader.diagnostics.errorCount == 0, syntax.script == nil else {
            return (nil, reader.diagnostics.diagnostics)
        }
        return (result(syntax, texts), reader.diagnostics.diagnostics)
    }

    /// - Parameter texts: for each line what it becomes, nil to keep it.
    private func result(_ syntax: RuleFileSyntax, _ texts: [String?]) -> Result {
        var lines: [UnifiedDiff.Line] = []
        var text: [UInt8] = []
        var waiting: [[UInt8]] = []
        var last: LineSyntax.Kind?
        for (line, canonical) in zip(syntax.lines, texts) {
            let old = oldLine(line, syntax)
            if case .blank = line.kind {
                if !old.isEmpty { waiting.append(old) }
                continue
            }
            if case .commit? = last, case .table = line.kind, waiting.isEmpty {
                lines.append(.added([newline]))
            }
            if last == nil {
                lines += waiting.map { .removed($0) }
            } else if let first = waiting.first {
                lines += pair(first, [newline]) + waiting.dropFirst().map { .removed($0) }
            }
            waiting = []
            lines += pair(old, (canonical.map { Array($0.utf8) } ?? trimmed(old)) + [newline])
            last = line.kind
        }
        lines += waiting.map { .removed($0) }
        for line in lines {
            switch line {
            case .kept(let bytes), .added(let bytes): text += bytes
            case .removed: break
            }
        }
        return Result(text: text, lines: lines)
    }

    private var newline: UInt8 { UInt8(ascii: "\n") }

    private func pair(_ old: [UInt8], _ new: [UInt8]) -> [UnifiedDiff.Line] {
        old == new ? [.kept(old)] : [.removed(old), .added(new)]
    }

    /// With its newline.
    private func oldLine(_ line: LineSyntax, _ syntax: RuleFileSyntax) -> [UInt8] {
        let end = min(line.range.upper + 1, syntax.file.bytes.count)
        return Array(syntax.file.bytes[line.range.lower..<end])
    }

    private func trimmed(_ line: [UInt8]) -> [UInt8] {
        var line = line[...]
        while let last = line.last, last == newline || last == UInt8(ascii: "\r") || isBlank(last) {
            line.removeLast()
        }
        return Array(line)
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
