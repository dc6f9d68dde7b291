import Diagnostics
import Packets
import RuleSyntax

/// Where a file first declares each chain, for what is to be said of one that is missing.
struct ChainDeclarations {
    struct Place {
        /// As it is written, of a table or not.
        let table: String
        let range: SourceRange
    }

    private var places: [String: Place] = [:]

    init(_ syntax: RuleFileSyntax, family: AddressFamily) {
        if let script = syntax.script {
            for command in script where command.family == family { add(command) }
            return
        }
        var table = ""
        for line in syntax.lines {
            switch line.kind {
            case .table(let word): table = word.text
            case .chain(let chain): add(chain.name, table)
            case .command(let command): if let name = Self.made(by: command.words[...]) { add(name, table) }
            case .blank, .comment, .commit, .invalid: break
            }
        }
    }

    /// Whether a script makes more chains than its commands do: there are some in what needs a shell.
    static func isIncomplete(_ syntax: RuleFileSyntax) -> Bool {
        let written = syntax.file.bytes.split(whereSeparator: { $0 <= 0x20 || $0 == UInt8(ascii: ";") })
            .count { word in options.contains { word.elementsEqual($0.utf8) } }
        let read = (syntax.script ?? []).count { made(by: $0) != nil }
        return written > read
    }

    subscript(name: String) -> Place? { places[name] }

    private mutating func add(_ command: ScriptCommand) {
        guard let name = Self.made(by: command),
            let table = RuleFileReader.tableName(command.words).kind
        else { return }
        add(name, table.rawValue)
    }

    private mutating func add(_ name: Word, _ table: String) {
        if places[name.text] == nil { places[name.text] = Place(table: table, range: name.range) }
    }

    private static let options: Set<String> = ["-N", "--new-chain"]

    private static func made(by command: ScriptCommand) -> Word? {
        command.words.firstIndex { options.contains($0.text) }.flatMap { made(by: command.words[$0...]) }
    }

    /// - Parameter words: from the command on.
    private static func made(by words: ArraySlice<Word>) -> Word? {
        guard let first = words.first, options.contains(first.text) else { return nil }
        return words.dropFirst().first
    }
}
