import CLibFuzzer
import Diagnostics
import Engine
import Extensions
import Glibc
import Packets
import RuleModel

@main
enum FuzzRules {
    static func main() {
        var count = CommandLine.argc
        var arguments = Optional(CommandLine.unsafeArgv)
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in start.map { fuzzRules($0, count) } ?? 0
            })
    }
}

/// Rule files and scripts: whatever compiles has to print as text that compiles to the same, and to run; formatting
/// changes neither the rules nor, a second time, the text.
private func fuzzRules(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for family in AddressFamily.allCases {
        let builder = RuleSetBuilder(catalogue: .standard, family: family)
        checkFormatting(bytes, family)
        let (ruleSet, diagnostics) = builder.build(SourceFile(name: "fuzz", bytes: bytes))
        _ = DiagnosticRenderer().render(diagnostics)
        guard let ruleSet else { continue }
        let text = SyntaxPrinter(ruleSet).text()
        guard let again = builder.build(SourceFile(name: "again", text: text)).ruleSet else {
            fatalError("what was printed doesn't compile:\n\(text)")
        }
        precondition(SyntaxPrinter(again).text() == text, "printing again says something else")
        var interfaces = InterfaceTable()
        _ = RuleCompiler.compile(ruleSet, interfaces: &interfaces)
    }
    return 0
}

private func checkFormatting(_ bytes: [UInt8], _ family: AddressFamily) {
    let formatter = RuleFormatter(catalogue: .standard, family: family)
    guard let formatted = formatter.format(SourceFile(name: "fuzz", bytes: bytes)).result else { return }
    guard let again = formatter.format(SourceFile(name: "again", bytes: formatted.text)).result else {
        fatalError("formatted text is refused:\n\(String(decoding: formatted.text, as: UTF8.self))")
    }
    precondition(again.text == formatted.text, "formatting again changes the text")
    let builder = RuleSetBuilder(catalogue: .standard, family: family)
    let printed = [bytes, formatted.text].map { text in
        builder.build(SourceFile(name: "fuzz", bytes: text)).ruleSet.map {
            SyntaxPrinter($0).text(showsRuleCounters: true)
        }
    }
    precondition(printed[0] == printed[1], "formatting changes the rules")
}
