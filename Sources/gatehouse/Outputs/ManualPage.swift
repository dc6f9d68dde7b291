import Linter
import Reports

/// What `--explain CODE` prints.
enum ManualPage {
    /// - Parameter code: a code of the lint catalogue, or its name.
    static func text(_ code: String) throws -> String {
        guard let lint = LintCatalogue.standard.description(code) else {
            let complaint = LintSelection.complaint(about: code) ?? "\(code) stands for several lints"
            throw Failure.input("--explain: \(complaint)")
        }
        return LintExplanation.text(lint)
    }
}
