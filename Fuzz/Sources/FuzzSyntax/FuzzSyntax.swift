import CLibFuzzer
import Diagnostics
import Glibc
import RuleSyntax

@main
enum FuzzSyntax {
    static func main() {
        var count = CommandLine.argc
        var arguments = Optional(CommandLine.unsafeArgv)
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                start.map { fuzzSyntax($0, count) } ?? 0
            })
    }
}

/// Lexers and parsers of rule files and scripts: no byte is lost, and every place lies in the file.
private func fuzzSyntax(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for text in [bytes, Array("#!/bin/sh\n".utf8) + bytes, Array("*filter\n".utf8) + bytes] {
        let file = SourceFile(name: "fuzz", bytes: text)
        var diagnostics = DiagnosticCollector(file: file)
        let syntax = RuleFileParser(file).parse(&diagnostics)
        let lines = syntax.lines.map { Array(text[$0.range.lower..<$0.range.upper]) }
        precondition(Array(lines.joined(separator: [UInt8(ascii: "\n")])) == text, "bytes are lost")
        for word in syntax.lines.flatMap(words) { check(word, in: file) }
        for command in syntax.script ?? [] {
            for word in command.words + (command.unlessPresent ?? []) { check(word, in: file) }
        }
        _ = DiagnosticRenderer().render(diagnostics.diagnostics)
    }
    return 0
}

private func words(_ line: LineSyntax) -> [Word] {
    switch line.kind {
    case .table(let word): [word]
    case .chain(let chain): [chain.name] + [chain.policy].compactMap { $0 }
    case .command(let command): command.words
    case .blank, .comment, .commit, .invalid: []
    }
}

private func check(_ word: Word, in file: SourceFile) {
    func check(_ range: SourceRange) {
        precondition(
            0 <= range.lower && range.lower <= range.upper && range.upper <= file.bytes.count,
            "a place outside of the file")
    }
    check(word.range)
    let length = word.text.utf8.count
    for offset in Set([0, length / 2, length]) { check(word.range(of: 0..<offset)) }
}
