public import Diagnostics
import Linter

/// Diagnostics as one JSON object, for editors. Members are named as those of `LintJSON`; lines and columns count from
/// 1, columns in bytes.
public enum DiagnosticJSON {
    /// In the order given, with a newline at the end.
    public static func bytes(_ diagnostics: [Diagnostic]) -> [UInt8] {
        let names = Dictionary(
            LintCatalogue.standard.descriptions.map { ($0.code, $0.name) },
            uniquingKeysWith: { first, _ in first })
        let document: JSONValue = ["diagnostics": .array(diagnostics.map { json($0, names) })]
        var bytes: [UInt8] = []
        document.append(to: &bytes)
        return bytes + [UInt8(ascii: "\n")]
    }

    private static func json(_ diagnostic: Diagnostic, _ names: [String: String]) -> JSONValue {
        var value: JSONValue = [
            "code": JSONValue(diagnostic.code.isEmpty ? nil : diagnostic.code),
            "name": JSONValue(names[diagnostic.code]), "severity": .string(diagnostic.severity.rawValue),
            "file": .string(diagnostic.file.name),
        ]
        place(diagnostic.range, diagnostic.file, in: &value)
        value.add("message", .string(diagnostic.message))
        value.add("suggestion", JSONValue(diagnostic.suggestion))
        value.add("related", .array(diagnostic.notes.map { json($0, diagnostic.file) }))
        return value
    }

    /// A note about no other place has no line.
    private static func json(_ note: Diagnostic.Note, _ file: SourceFile) -> JSONValue {
        var value: JSONValue = ["message": .string(note.message)]
        place(note.range, file, in: &value)
        return value
    }

    private static func place(_ range: SourceRange?, _ file: SourceFile, in value: inout JSONValue) {
        let start = range.map { file.position(of: $0.lower) }
        let end = range.map { file.position(of: $0.upper) }
        value.add("line", JSONValue(start?.line))
        value.add("column", JSONValue(start?.column))
        value.add("endLine", JSONValue(end?.line))
        value.add("endColumn", JSONValue(end?.column))
    }
}
