import Diagnostics
public import Linter
import RuleModel

/// Findings as a SARIF 2.1.0 log of one run (OASIS, Static Analysis Results Interchange Format).
public struct LintSARIF: Sendable {
    private static let schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    private let version: String
    private let descriptions: [LintDescription]
    private let ruleIndexes: [String: Int]

    /// - Parameter version: of the program.
    public init(version: String, _ catalogue: LintCatalogue = .standard) {
        self.version = version
        descriptions = catalogue.descriptions
        ruleIndexes = Dictionary(uniqueKeysWithValues: descriptions.enumerated().map { ($1.code, $0) })
    }

    /// With a newline at the end.
    public func bytes(_ reports: [LintReport]) -> [UInt8] {
        var fingerprints = LintFingerprints()
        let results = reports.flatMap { report in
            report.findings.map { result($0, report, fingerprints.fingerprint($0, in: report)) }
        }
        let driver: JSONValue = [
            "name": .string("gatehouse"), "version": .string(version), "rules": .array(descriptions.map(rule)),
        ]
        // Columns are those of `SARIFPlace`.
        let run: JSONValue = [
            "tool": ["driver": driver], "columnKind": .string("unicodeCodePoints"), "results": .array(results),
        ]
        let log: JSONValue = [
            "$schema": .string(LintSARIF.schema), "version": .string("2.1.0"), "runs": .array([run]),
        ]
        var bytes: [UInt8] = []
        log.append(to: &bytes)
        return bytes + [UInt8(ascii: "\n")]
    }

    private func rule(_ lint: LintDescription) -> JSONValue {
        [
            "id": .string(lint.code), "name": .string(lint.name), "shortDescription": message(lint.summary),
            "fullDescription": message(lint.reason), "help": message(LintExplanation.text(lint)),
            "defaultConfiguration": ["level": .string(level(lint.severity))],
        ]
    }

    private func result(_ finding: Finding, _ report: LintReport, _ fingerprint: String) -> JSONValue {
        let place = SARIFPlace(report.file)
        var location: JSONValue = ["physicalLocation": place.location(finding.range)]
        if let subject = finding.subject { location.add("logicalLocations", .array([logical(subject)])) }
        var result: JSONValue = [
            "ruleId": .string(finding.lint.code), "ruleIndex": .number(ruleIndexes[finding.lint.code] ?? -1),
            "level": .string(level(finding.severity)), "message": message(finding.message),
            "locations": .array([location]), "partialFingerprints": ["gatehouseRule/v1": .string(fingerprint)],
        ]
        if !finding.related.isEmpty {
            let related = finding.related.enumerated().map { index, related -> JSONValue in
                [
                    "id": .number(index + 1), "physicalLocation": place.location(related.range),
                    "message": message(related.message),
                ]
            }
            result.add("relatedLocations", .array(related))
        }
        if let fix = finding.fix { result.add("fixes", .array([json(fix, place)])) }
        var properties: JSONValue = ["confidence": .string(finding.confidence.rawValue)]
        if let witness = finding.witness { properties.add("witness", .string(witness.packet)) }
        if let proof = finding.proof { properties.add("proof", .string(proof)) }
        result.add("properties", properties)
        return result
    }

    private func message(_ text: String) -> JSONValue { ["text": .string(text)] }

    private func level(_ severity: Finding.Severity) -> String {
        switch severity {
        case .error: "error"
        case .warning: "warning"
        case .info: "note"
        }
    }

    private func logical(_ subject: Finding.Subject) -> JSONValue {
        let name = [subject.table.rawValue, subject.chain] + (subject.number.map { ["\($0)"] } ?? [])
        return ["fullyQualifiedName": .string(name.joined(separator: ":"))]
    }

    private func json(_ fix: Finding.Fix, _ place: SARIFPlace) -> JSONValue {
        let replacements = fix.edits.map { edit -> JSONValue in
            ["deletedRegion": place.region(edit.range), "insertedContent": message(edit.replacement)]
        }
        let change: JSONValue = ["artifactLocation": place.artifact, "replacements": .array(replacements)]
        return ["description": message(fix.title), "artifactChanges": .array([change])]
    }
}
