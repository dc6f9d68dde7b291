import Diagnostics

/// Reads a list of `iptables` commands as a shell would run it, as far as that needs no shell.
struct ScriptParser {
    private let file: SourceFile
    private var reader: ShellCommandReader
    var variables = ShellVariables()
    private var commands: [ScriptCommand] = []
    private(set) var setCommands: [SetCommand] = []
    /// What was skipped, by the program's name, in the order of the first of each.
    private var skipped: [(name: String, count: Int)] = []
    private var firstSkipped: SourceRange?
    /// The places of problems that were reported.
    private var reported: Set<Int> = []
    private var hasEnded = false

    init(_ file: SourceFile) {
        self.file = file
        reader = ShellCommandReader(file)
    }

    mutating func parse(_ diagnostics: inout DiagnosticCollector) -> [ScriptCommand] {
        while !hasEnded, !diagnostics.isFull, !readList(&diagnostics) {}
        if let quote = reader.lexer.openQuote {
            diagnostics.error("the quote is never closed", at: SourceRange(quote, quote + 1))
        }
        if let firstSkipped {
            let names = skipped.prefix(20).map { $0.count == 1 ? $0.name : "\($0.name) ×\($0.count)" }
            let rest = skipped.count > 20 ? " and others" : ""
            diagnostics.add(
                Diagnostic(
                    code: "", severity: .note,
                    message: "skipped, since it makes no rules: \(names.joined(separator: ", "))\(rest)",
                    file: file, range: firstSkipped))
        }
        return commands
    }

    // MARK: Lists

    /// Commands joined by `&&`, `||` and `|`, to the end of the line or a semicolon.
    /// - Returns: whether the script ends here.
    private mutating func readList(_ diagnostics: inout DiagnosticCollector) -> Bool {
        var list: [ShellCommand] = []
        var isLast = false
        while true {
            var command = reader.next()
            if let block = ShellCommandReader.block(command) {
                let range = command.words.first?.range ?? command.endRange
                needsShell(block, at: range, &diagnostics)
                command = reader.skipBlock(command)
                list = []
                while !command.isLast, ![.newline, .semicolon].contains(command.end) {
                    command = reader.next()
                }
                return command.isLast
            }
            if !command.words.isEmpty { list.append(command) }
            isLast = command.isLast
            if isLast { break }
            switch command.end {
            case .newline where command.words.isEmpty && !list.isEmpty: continue
            case .and, .or, .pipe: continue
            case .newline, .semicolon, .background, .open, .close: break
            }
            if command.end == .close || command.end == .open {
                diagnostics.error("a parenthesis doesn't belong here", at: command.endRange)
            }
            break
        }
        run(list, &diagnostics)
        return isLast
    }

    private mutating func run(_ list: [ShellCommand], _ diagnostics: inout DiagnosticCollector) {
        if let pipe = list.first(where: { $0.end == .pipe && !$0.isLast })?.endRange {
            guard list.allSatisfy({ isHarmless($0) }) else {
                needsShell("a pipe", at: pipe, &diagnostics)
                return
            }
            for command in list { skip(command, name(of: command) ?? "") }
            return
        }
        if let last = list.last, last.end == .background, !last.isLast, !isHarmless(last) {
            needsShell("a command in the background", at: last.endRange, &diagnostics)
            return
        }
        var index = 0
        while index < list.count {
            let command = list[index]
            index += 1
            guard command.end == .or, index < list.count else {
                if !run(command, mayFail: command.isSilenced, &diagnostics) { return }
                continue
            }
            // What stands behind `||` runs if the command fails.
            let other = list[index]
            let otherName = name(of: other)
            index += 1
            if let otherName, ["exit", "return"].contains(otherName) {
                if !run(command, mayFail: false, &diagnostics) { return }
            } else if isHarmless(other) {
                if !run(command, mayFail: true, &diagnostics) { return }
            } else if let check = check(command, &diagnostics), Self.programs[otherName ?? ""] != nil {
                addCommand(other, mayFail: other.isSilenced, unlessPresent: check, &diagnostics)
            } else {
                needsShell("a choice with ||", at: command.endRange, &diagnostics)
                return
            }
        }
    }

    // MARK: Commands

    static let programs: [String: Bool] = [
        "iptables": false, "iptables-legacy": false, "iptables-nft": false,
        "ip6tables": true, "ip6tables-legacy": true, "ip6tables-nft": true,
    ]

    /// - Returns: false if what is joined to the command makes no sense without it.
    private mutating func run(
        _ command: ShellCommand, mayFail: Bool, _ diagnostics: inout DiagnosticCollector
    ) -> Bool {
        let words = ArraySlice(command.words).drop { $0.assignment != nil }
        guard let first = words.first else {
            for word in command.words {
                if let (name, value) = word.assignment { variables.set(name, to: value) }
            }
            return true
        }
        guard let name = name(of: command) else {
            // The program's name is in a variable without a value, or empty.
            if case .failure(let problem) = variables.expand(first) { report(problem, &diagnostics) }
            return false
        }
        switch name {
        case _ where Self.programs[name] != nil:
            addCommand(command, mayFail: mayFail, unlessPresent: nil, &diagnostics)
        case "ipset": addSetCommand(command, mayFail: mayFail, &diagnostics)
        case "export", "readonly", "local":
            for word in words.dropFirst() {
                if let (name, value) = word.assignment { variables.set(name, to: value) }
            }
        case "unset": for word in words.dropFirst() { if let name = word.plainText { variables.unset(name) } }
        case "exit": hasEnded = true
        case "[", "[[", "test":
            needsShell("a test", at: first.range, &diagnostics)
            return false
        case ".", "source", "eval", "read", "return", "shift", "break", "continue", "exec", "bash", "sh":
            needsShell("\"\(name)\"", at: first.range, &diagnostics)
            return false
        case "iptables-restore", "ip6tables-restore", "iptables-apply":
            diagnostics.error(
                "\(name) takes rules from elsewhere", at: first.range,
                notes: [.init("give its input to gatehouse as a rule file")])
        case _ where ScriptPrograms.harmless.contains(name): skip(command, name)
        default:
            diagnostics.warning("skipped: nothing is known of \"\(name)\"", at: first.range)
        }
        return true
    }

    /// The name of the program, without its folder; nil if it has no value.
    private mutating func name(of command: ShellCommand) -> String? {
        guard let program = expandProgram(command)?.first?.text else { return nil }
        return program.split(separator: "/").last.map(String.init)
    }

    /// The words of a command from the program's name on, as far as its first word says them.
    private mutating func expandProgram(_ command: ShellCommand) -> [Word]? {
        let words = command.words.drop { $0.assignment != nil }
        var index = words.startIndex
        while index < words.endIndex {
            guard case .success(let expanded) = variables.expand(words[index]) else { return nil }
            index += 1
            let rest = expanded.drop { Self.wrappers.contains($0.text) || Self.isWrapperOption($0.text) }
            if !rest.isEmpty { return Array(rest) }
        }
        return nil
    }

    private static let wrappers: Set<String> = ["sudo", "doas", "command", "builtin"]

    /// `-n` and `-E` of sudo; a program's name has no dash.
    private static func isWrapperOption(_ text: String) -> Bool { text.hasPrefix("-") }

    private mutating func isHarmless(_ command: ShellCommand) -> Bool {
        guard let name = name(of: command) else { return false }
        if Self.programs[name] != nil {
            return command.words.contains { ["-L", "-S", "--list", "--list-rules"].contains($0.plainText) }
        }
        if name == "ipset" {
            let names = ["list", "save", "test", "-L", "-S", "-T"]
            return command.words.contains { names.contains($0.plainText ?? "") }
        }
        return ScriptPrograms.harmless.contains(name) || ["true", ":"].contains(name)
    }

    /// The rule of `iptables -C`; nil for any other command.
    private mutating func check(_ command: ShellCommand, _ diagnostics: inout DiagnosticCollector) -> [Word]?
    {
        guard let name = name(of: command), Self.programs[name] != nil,
            command.words.contains(where: { ["-C", "--check"].contains($0.plainText) })
        else { return nil }
        return expand(command, &diagnostics)
    }

    private mutating func addCommand(
        _ command: ShellCommand, mayFail: Bool, unlessPresent: [Word]?,
        _ diagnostics: inout DiagnosticCollector
    ) {
        guard let name = name(of: command), let isIPv6 = Self.programs[name],
            let words = expand(command, &diagnostics), let program = expandProgram(command)?.first
        else { return }
        if let input = command.input { needsShell("input for a command", at: input, &diagnostics) }
        let start = SourceRange(program.range.lower, command.range.upper)
        commands.append(
            ScriptCommand(
                isIPv6: isIPv6, words: words, range: start, mayFail: mayFail, unlessPresent: unlessPresent))
    }

    private mutating func addSetCommand(
        _ command: ShellCommand, mayFail: Bool, _ diagnostics: inout DiagnosticCollector
    ) {
        guard let program = expandProgram(command)?.first, let words = expand(command, &diagnostics) else {
            return
        }
        if let input = command.input { needsShell("input for a command", at: input, &diagnostics) }
        let range = SourceRange(program.range.lower, command.range.upper)
        setCommands.append(SetCommand(words: words, range: range, mayFail: mayFail))
    }

    /// What stands behind the program's name; nil if some of it has no value.
    private mutating func expand(
        _ command: ShellCommand, _ diagnostics: inout DiagnosticCollector
    ) -> [Word]? {
        var words: [Word] = []
        for word in command.words.drop(while: { $0.assignment != nil }) {
            switch variables.expand(word) {
            case .success(let expanded): words += expanded
            case .failure(let problem):
                report(problem, &diagnostics)
                return nil
            }
            if word.isDamaged {
                diagnostics.warning("not UTF-8; the strange bytes are read as U+FFFD", at: word.range)
            }
            if let last = words.last, last.text.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7f }) {
                diagnostics.error("a control byte or the end of a line in a word", at: word.range)
                return nil
            }
            guard words.count <= WordLexer.mostWords else {
                diagnostics.error("a command may have at most \(WordLexer.mostWords) words", at: word.range)
                return nil
            }
        }
        let program = words.firstIndex { word in
            word.text.split(separator: "/").last.map {
                Self.programs[String($0)] != nil || $0 == "ipset"
            } ?? false
        }
        return Array(words[((program ?? -1) + 1)...])
    }

    // MARK: What is left out

    private mutating func skip(_ command: ShellCommand, _ name: String) {
        if firstSkipped == nil { firstSkipped = command.range }
        if let index = skipped.firstIndex(where: { $0.name == name }) {
            skipped[index].count += 1
        } else if skipped.count <= 20 {
            skipped.append((name, 1))
        }
    }

    private mutating func report(_ problem: ShellVariables.Problem, _ diagnostics: inout DiagnosticCollector)
    {
        guard reported.insert(problem.range.lower).inserted else { return }
        diagnostics.error(
            problem.message, at: problem.range,
            suggestion: problem.missing.flatMap(variables.closest).map { "$\($0)" },
            notes: problem.message.hasSuffix("a shell") ? [Self.advice] : [])
    }

    private mutating func needsShell(
        _ what: String, at range: SourceRange, _ diagnostics: inout DiagnosticCollector
    ) {
        diagnostics.error("\(what) needs a shell", at: range, notes: [Self.advice])
    }

    private static let advice = Diagnostic.Note(
        "run the script where it may run, and give gatehouse what iptables-save prints")
}
