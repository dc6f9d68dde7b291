import Diagnostics

/// A simple command of a script, and what ends it.
struct ShellCommand {
    var words: [ShellWord] = []
    var range = SourceRange(0, 0)
    /// Whether its messages go to `/dev/null`.
    var isSilenced = false
    /// The first redirection that it reads from.
    var input: SourceRange?
    var end = ShellToken.Separator.newline
    var endRange = SourceRange(0, 0)
    var isLast = false
}

/// Groups a script's tokens into simple commands.
struct ShellCommandReader {
    private(set) var lexer: ShellLexer

    init(_ file: SourceFile) { lexer = ShellLexer(file) }

    /// A command without words stands between two separators, or at the end.
    mutating func next() -> ShellCommand {
        var command = ShellCommand()
        var hasSilentOutput = false
        while true {
            switch lexer.next() {
            case .word(let word):
                command.range = command.words.isEmpty ? word.range : command.range.union(word.range)
                command.words.append(word)
            case .redirection(let redirection, let range):
                guard !redirection.isInput else {
                    if command.input == nil { command.input = range }
                    if case .word = peek() { _ = lexer.next() }
                    continue
                }
                guard case .word(let target) = peek() else { continue }
                _ = lexer.next()
                let isNull = target.plainText == "/dev/null"
                switch redirection.descriptor {
                case 2:
                    if isNull || redirection.isDuplicate && target.plainText == "1" && hasSilentOutput {
                        command.isSilenced = true
                    }
                case -1: command.isSilenced = command.isSilenced || isNull
                case nil, 1: hasSilentOutput = hasSilentOutput || isNull
                default: break
                }
            case .separator(let separator, let range):
                command.end = separator
                command.endRange = range
                return command
            case .end:
                command.endRange = SourceRange(lexer.bytes.count, lexer.bytes.count)
                command.isLast = true
                return command
            }
        }
    }

    private func peek() -> ShellToken {
        var copy = lexer
        return copy.next()
    }

    // MARK: Blocks

    private static let closers: [String: String] = [
        "if": "fi", "for": "done", "while": "done", "until": "done", "select": "done", "case": "esac",
        "{": "}",
    ]

    /// What a command begins that only a shell can run; nil for an ordinary one.
    static func block(_ command: ShellCommand) -> String? {
        if command.words.isEmpty, command.end == .open { return "a subshell" }
        if command.words.count == 1, command.end == .open { return "a function" }
        switch command.words.first?.plainText {
        case "if": return "an if"
        case "for", "while", "until", "select": return "a loop"
        case "case": return "a case"
        case "{": return "a group"
        case "function": return "a function"
        default: return nil
        }
    }

    /// Reads on to the end of a block.
    /// - Returns: the command that ends it.
    mutating func skipBlock(_ first: ShellCommand) -> ShellCommand {
        var command = first
        var waiting: [String] = []
        // A function's parentheses stand before its body.
        var needsBody =
            first.words.first?.plainText == "function" || first.words.count == 1 && first.end == .open
        if first.words.first?.plainText == "function" {
            command.words.removeFirst(min(2, command.words.count))
        }
        while true {
            let opened = waiting.count
            walk(command.words, &waiting)
            if waiting.count > opened { needsBody = false }
            if command.end == .open { waiting.append(")") }
            if command.end == .close, waiting.last == ")" { waiting.removeLast() }
            if command.isLast || waiting.isEmpty && !needsBody { return command }
            command = next()
        }
    }

    /// Follows the keywords at the beginning of a command.
    private func walk(_ words: [ShellWord], _ waiting: inout [String]) {
        for word in words {
            guard let text = word.plainText else { return }
            if text == waiting.last {
                waiting.removeLast()
                return
            }
            if let closer = Self.closers[text] {
                waiting.append(closer)
                if ["for", "case", "select"].contains(text) { return }
            } else if !["then", "do", "else", "elif", "!"].contains(text) {
                return
            }
        }
    }
}
