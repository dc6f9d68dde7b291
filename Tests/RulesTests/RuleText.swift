import AddressSets
import Diagnostics
import Extensions
import Packets
import RuleModel

/// Rule texts built with the standard catalogue.
enum RuleText {
    static func build(
        _ text: String, name: String = "rules", family: AddressFamily? = nil, sets: SetCatalogue? = nil
    ) -> (ruleSet: RuleSet?, diagnostics: [Diagnostic]) {
        RuleSetBuilder(catalogue: .standard, family: family, sets: sets)
            .build(SourceFile(name: name, text: text))
    }

    /// The sets that commands of ipset make.
    static func sets(_ text: String) -> SetCatalogue? {
        text.isEmpty ? nil : SetFileReader(SourceFile(name: "ipset.save", text: text)).read().catalogue
    }

    static func save(_ ruleSet: RuleSet) -> String { SyntaxPrinter(ruleSet).text(showsRuleCounters: true) }

    /// What is printed of the filter table around some lines, without the base chains' lines.
    static func filter(_ lines: String, family: AddressFamily = .ipv4) -> [String]? {
        guard let ruleSet = build("*filter\n\(lines)\nCOMMIT\n", family: family).ruleSet else { return nil }
        return SyntaxPrinter(ruleSet).text().split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("-A") || $0.hasSuffix("- [0:0]") }
    }

}
