import Diagnostics
public import Linter
import RuleModel

/// Findings as one JSON object. Columns count bytes from 1, as in the text.
public enum LintJSON {
    /// With a newline at the end.
    public static func bytes(_ reports: [LintReport]) -> [UInt8] {
        let findings = reports.flatMap { report in report.findings.map { json($0, report.file) } }
        var bytes: [UInt8] = []
        let document: JSONValue = ["findings": .array(findings)]
        document.append(to: &bytes)
        return bytes + [UInt8(ascii: "\n")]
    }

    private static func json(_ finding: Finding, _ file: SourceFile) -> JSONValue {
        let start = file.position(of: finding.range.lower)
        let end = file.position(of: finding.range.upper)
        let subject = finding.subject
        return [
            "code": .string(finding.lint.code), "name": .string(finding.lint.name),
            "severity": .string(finding.severity.rawValue), "confidence": .string(finding.confidence.rawValue),
            "file": .string(file.name), "line": .number(start.line), "column": .number(start.column),
            "endLine": .number(end.line), "endColumn": .number(end.column),
            "table": JSONValue(subject?.table.rawValue), "chain": JSONValue(subject?.chain),
            "number": JSONValue(subject?.number),
            "related": .array(finding.related.map { json($0, file) }), "message": .string(finding.message),
            "witness": JSONValue(finding.witness?.packet),
            "witnessConditions": .array((finding.witness?.conditions ?? []).map { .string($0) }),
            "proof": JSONValue(finding.proof),
            "fix": finding.fix.map { json($0, file) } ?? .null,
        ]
    }

    private static func json(_ related: Finding.Related, _ file: SourceFile) -> JSONValue {
        let place = file.position(of: related.range.lower)
        let subject = related.subject
        return [
            "line": .number(place.line), "column": .number(place.column),
            "table": JSONValue(subject?.table.rawValue), "chain": JSONValue(subject?.chain),
            "number": JSONValue(subject?.number), "message": .string(related.message),
        ]
    }

    private static func json(_ fix: Finding.Fix, _ file: SourceFile) -> JSONValue {
        let edits = fix.edits.map { edit -> JSONValue in
            let (start, end) = (file.position(of: edit.range.lower), file.position(of: edit.range.upper))
            return [
                "line": .number(start.line), "column": .number(start.column), "endLine": .number(end.line),
                "endColumn": .number(end.column), "text": .string(edit.replacement),
            ]
        }
        return ["safe": .bool(fix.isSafe), "title": .string(fix.title), "edits": .array(edits)]
    }
}
