import Diagnostics
import Extensions
import Packets
import RuleModel

/// Rule texts built with the standard catalogue.
enum RuleText {
    static func build(
        _ text: String, name: String = "rules", family: AddressFamily? = nil
    ) -> (ruleSet: RuleSet?, diagnostics: [Diagnostic]) {
        RuleSetBuilder(catalogue: .standard, family: family).build(SourceFile(name: name, text: text))
    }

    static func save(_ ruleSet: RuleSet) -> String { SyntaxPrinter(ruleSet).text(showsRuleCounters: true) }

    /// What is printed of the filter table around some lines, without the base chains' lines.
    static func filter(_ lines: String, family: AddressFamily = .ipv4) -> [String]? {
        guard let ruleSet = build("*filter\n\(lines)\nCOMMIT\n", family: family).ruleSet else { return nil }
        return SyntaxPrinter(ruleSet).text().split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("-A") || $0.hasSuffix("- [0:0]") }
    }

}
