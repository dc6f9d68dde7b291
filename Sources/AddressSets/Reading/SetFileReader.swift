public import Diagnostics
import RuleSyntax

/// How much a file of sets may ask for.
public struct SetLimits: Sendable {
    /// Elements of all sets together.
    public var elements: Int
    /// Elements that commands go through, counted anew for each command.
    public var steps: Int

    public init(elements: Int = 2_000_000, steps: Int = 20_000_000) {
        self.elements = elements
        self.steps = steps
    }
}

/// Reads `ipset save` text, as `ipset restore` does, and reports everything that is wrong with it in one run.
public struct SetFileReader: Sendable {
    private let file: SourceFile
    private let limits: SetLimits

    public init(_ file: SourceFile, limits: SetLimits = SetLimits()) {
        self.file = file
        self.limits = limits
    }

    /// - Returns: what there is when all commands are done; nil if there is an error among the diagnostics.
    public func read() -> (catalogue: SetCatalogue?, diagnostics: [Diagnostic]) {
        var reader = SetCommandReader(diagnostics: DiagnosticCollector(file: file), limits: limits)
        let lexer = SetLineLexer(file: file)
        for number in 1...file.lineCount {
            if reader.diagnostics.isFull { break }
            let line = file.range(ofLine: number)
            let text = file.bytes[line.lower..<line.upper].drop { $0 == 0x20 || (9...13).contains($0) }
            if text.isEmpty || text.first == UInt8(ascii: "#") || text.elementsEqual("COMMIT".utf8) {
                continue
            }
            guard let words = lexer.words(in: line, &reader.diagnostics) else { continue }
            reader.run(words, at: line)
        }
        let isSound = reader.diagnostics.errorCount == 0
        return (isSound ? reader.workspace.catalogue() : nil, reader.diagnostics.diagnostics)
    }

    /// Whether a file is `ipset save` text rather than rules: its first command is one of ipset's.
    public static func recognizes(_ file: SourceFile) -> Bool {
        for number in 1...file.lineCount {
            let line = file.range(ofLine: number)
            let text = file.bytes[line.lower..<line.upper].drop { $0 == 0x20 || (9...13).contains($0) }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let words = text.split(separator: 0x20).prefix(3).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 3, ["create", "add", "-N", "-A"].contains(words[0]) else {
                return words.count == 2 && ["flush", "destroy"].contains(words[0])
            }
            return words[0].hasPrefix("-") ? !words[2].hasPrefix("-") : true
        }
        return false
    }
}
