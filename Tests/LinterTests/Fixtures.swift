import Diagnostics
import Extensions
import Foundation
import Linter
import Reports
import RuleModel

/// The files of the repository that lints are tried on.
enum Fixtures {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let lints = repository.appending(path: "Fixtures/Lints")

    static func names(in folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    /// - Parameter name: what findings call the file.
    static func lint(
        _ file: URL, name: String, selection: LintSelection = LintSelection()
    ) throws -> LintReport {
        lint(String(decoding: try Data(contentsOf: file), as: UTF8.self), name: name, selection: selection)
    }

    static func lint(
        _ text: String, name: String = "rules.v4", selection: LintSelection = LintSelection()
    ) -> LintReport {
        RuleLinter(selection: selection).lint(
            SourceFile(name: name, text: text), RuleSetBuilder(catalogue: .standard))
    }

    /// Rules of the filter table.
    static func lint(filter rules: String, selection: LintSelection = LintSelection()) -> LintReport {
        lint("*filter\n\(rules)\nCOMMIT\n", selection: selection)
    }
}

extension LintReport {
    var codes: [String] { findings.map(\.lint.code) }

    /// `13 FW101`
    var places: [String] {
        findings.map { "\(file.position(of: $0.range.lower).line) \($0.lint.code)" }
    }
}
