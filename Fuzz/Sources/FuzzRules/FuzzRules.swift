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

/// Rule files: whatever compiles has to print as text that compiles to the same, and to run.
private func fuzzRules(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for family in AddressFamily.allCases {
        let builder = RuleSetBuilder(catalogue: .standard, family: family)
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
