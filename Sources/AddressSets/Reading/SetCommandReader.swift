import Diagnostics
import RuleSyntax

/// Does what `ipset` commands say, and reports what `ipset` or the kernel would refuse.
///
/// The kernel stops at the first mistake; this goes on, so that all of them are found in one run.
struct SetCommandReader {
    var diagnostics: DiagnosticCollector
    var workspace = SetWorkspace()
    /// What may still be done to elements, so that no file takes too long or too much memory.
    private var budget: Int
    var entryCount = 0
    let limits: SetLimits

    init(diagnostics: consuming DiagnosticCollector, limits: SetLimits = SetLimits()) {
        self.diagnostics = diagnostics
        self.limits = limits
        budget = limits.steps
    }

    mutating func begin(with sets: SetCatalogue) {
        workspace = SetWorkspace(sets)
        entryCount = sets.sets.reduce(0) { $0 + $1.table.entries.count }
    }

    /// One command: its words, and what the options before or behind them say.
    struct Command {
        let name: SetCommandName
        let nameRange: SourceRange
        let set: Word?
        let second: Word?
        let options: ArraySlice<Word>
        /// `-exist`
        let isTolerant: Bool
    }

    /// - Parameters:
    ///   - words: what stands behind `ipset`, or on a line of `ipset save` text.
    ///   - range: of the whole command.
    ///   - mayFail: whether whoever gives the command doesn't mind that the kernel refuses it.
    mutating func run(_ words: [Word], at range: SourceRange, mayFail: Bool = false) {
        guard let command = parse(words, at: range) else { return }
        switch command.name {
        case .create: create(command)
        case .add, .del: changeElement(command, mayFail: mayFail)
        case .flush, .destroy: clear(command, mayFail: mayFail)
        case .rename, .swap: exchange(command, mayFail: mayFail)
        case .restore:
            diagnostics.error(
                "ipset restore takes sets from elsewhere", at: command.nameRange,
                notes: [.init("give its input to gatehouse with --ipset")])
        case .test, .list, .save, .help, .version, .quit: break
        }
    }

    // MARK: Words

    private mutating func parse(_ words: [Word], at range: SourceRange) -> Command? {
        var isTolerant = false
        var rest: [Word] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            let text = word.text.hasPrefix("--") ? String(word.text.dropFirst()) : word.text
            switch text {
            case "-!", "-exist": isTolerant = true
            case "-s", "-sorted", "-q", "-quiet", "-r", "-resolve", "-n", "-name", "-t", "-terse": break
            case "-o", "-output", "-f", "-file": index += 1
            default: rest.append(word)
            }
        }
        guard let first = rest.first else {
            diagnostics.error("no command: create, add or del, for instance", at: range)
            return nil
        }
        guard let name = SetCommandName(word: first.text) else {
            diagnostics.error(
                "unknown command \"\(first.text)\"", at: first.range,
                suggestion: Spelling.closest(
                    to: first.text, among: SetCommandName.allCases.map(\.rawValue)))
            return nil
        }
        let arguments = rest.dropFirst()
        guard arguments.count >= name.wordCount.lowerBound else {
            let last = rest.last ?? first
            let missing = arguments.isEmpty ? "a set's name" : name.secondWord
            diagnostics.error("\(name.rawValue) needs \(missing)", at: last.range)
            return nil
        }
        let options = arguments.dropFirst(name.wordCount.upperBound)
        if ![.create, .add, .del, .test].contains(name), let extra = options.first {
            diagnostics.error("unknown word \"\(extra.text)\"", at: extra.range)
            return nil
        }
        return Command(
            name: name, nameRange: first.range, set: arguments.first,
            second: arguments.dropFirst().prefix(name.wordCount.upperBound - 1).first, options: options,
            isTolerant: isTolerant)
    }

    // MARK: Whole sets

    /// The number of a set that must be there.
    mutating func find(_ name: Word, mayFail: Bool = false) -> Int? {
        if let number = workspace.number(of: name.text) { return number }
        refuse(
            "there is no set \"\(name.text)\"", at: name.range, mayFail: mayFail,
            suggestion: Spelling.closest(to: name.text, among: workspace.names.prefix(1000)))
        return nil
    }

    /// What the kernel refuses, which a script may not mind.
    mutating func refuse(
        _ message: String, at range: SourceRange, mayFail: Bool, suggestion: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        guard !mayFail else { return }
        diagnostics.error(message, at: range, suggestion: suggestion, notes: notes)
    }

    mutating func checkName(_ name: Word) -> Bool {
        guard name.text.utf8.count > 31 else { return true }
        diagnostics.error("a set's name may be at most 31 bytes long", at: name.range)
        return false
    }

    private mutating func clear(_ command: Command, mayFail: Bool) {
        guard let name = command.set else {
            if command.name == .destroy {
                guard !workspace.drafts.contains(where: { $0.map { $0.references > 0 } ?? false }) else {
                    refuse("a list holds some of the sets", at: command.nameRange, mayFail: mayFail)
                    return
                }
                workspace.destroyAll()
                entryCount = 0
            } else if spend(workspace.drafts.count, at: command.nameRange) {
                for (number, draft) in workspace.drafts.enumerated() where draft != nil { flush(number) }
            }
            return
        }
        guard let number = find(name, mayFail: mayFail) else { return }
        if command.name == .destroy {
            guard workspace[number].references == 0 else {
                refuse("the set is in a list, so it can't be destroyed", at: name.range, mayFail: mayFail)
                return
            }
            flush(number)
            workspace.destroy(number)
        } else {
            flush(number)
        }
    }

    private mutating func flush(_ number: Int) {
        entryCount -= workspace.entryCount(of: number)
        workspace.flush(number)
    }

    private mutating func exchange(_ command: Command, mayFail: Bool) {
        guard let from = command.set, let to = command.second,
            let first = find(from, mayFail: mayFail)
        else { return }
        if command.name == .rename {
            guard checkName(to) else { return }
            if workspace.number(of: to.text) != nil {
                refuse("there is a set \"\(to.text)\" already", at: to.range, mayFail: mayFail)
            } else if workspace[first].references > 0 {
                refuse("the set is in a list, so it can't be renamed", at: from.range, mayFail: mayFail)
            } else {
                workspace.rename(first, to: to.text)
            }
            return
        }
        guard let second = find(to, mayFail: mayFail) else { return }
        let (a, b) = (workspace.header(of: first), workspace.header(of: second))
        guard a.type.canSwap(with: b.type), a.options.family == b.options.family else {
            refuse(
                "sets of the types \(a.type.rawValue) and \(b.type.rawValue) can't be swapped", at: to.range,
                mayFail: mayFail)
            return
        }
        workspace.swap(first, second)
    }

    // MARK: Bounds

    /// - Returns: whether that many elements may still be gone through.
    mutating func spend(_ steps: Int, at range: SourceRange) -> Bool {
        guard budget >= 0 else { return false }
        budget -= steps
        guard budget < 0 else { return true }
        diagnostics.error(
            "the commands up to here go through more than \(limits.steps) elements", at: range)
        return false
    }
}

extension SetCommandName {
    /// What it needs behind the set's name.
    var secondWord: String {
        switch self {
        case .create: "a type, such as hash:ip"
        case .rename, .swap: "the name of another set"
        default: "an element"
        }
    }
}
