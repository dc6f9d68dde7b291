import Diagnostics
import RuleSyntax

/// Mistakes that leave the words behind them without meaning: one report, about the word that is the cause.
extension RuleLineParser {
    mutating func confuse(
        _ message: String, at range: SourceRange, suggestion: String? = nil, notes: [Diagnostic.Note] = []
    ) {
        fail(message, at: range, suggestion: suggestion, notes: notes)
        line.isConfused = true
    }

    /// Reports a word that stands where an option should.
    mutating func reportUnexpected(_ word: Word) {
        if let near = misspeltGroup() {
            confuse("unknown option \"\(near.word.text)\"", at: near.word.range, suggestion: near.option)
        } else if let lastTaker, words[position - 1].text.utf8.first == UInt8(ascii: "-") {
            let taken = words[position - 1]
            confuse(
                "\(lastTaker.name) needs an argument", at: lastTaker.range,
                notes: [.init("it takes \"\(taken.text)\" for its argument", at: taken.range)])
        } else {
            let options = ["-" + word.text, "--" + word.text]
            let known = knownSpellings()
            let near = options.first { option in
                option.utf8.count == 2
                    ? option.utf8.last.map { HeaderOption.byShort[$0] != nil } ?? false
                    : known.contains(option)
            }
            confuse(
                "unexpected \"\(word.text)\": an option begins with a dash", at: word.range, suggestion: near)
        }
    }

    /// `-jx` before a word that stands where an option should: `-j` was meant. Its argument is the next word.
    func misspeltGroup() -> (word: Word, option: String)? {
        guard position > 0, position < words.count, words[position].text.utf8.first != UInt8(ascii: "-"),
            words[position].text != "!"
        else { return nil }
        let word = words[position - 1]
        let bytes = Array(word.text.utf8)
        guard bytes.count == 3, bytes[0] == UInt8(ascii: "-"), let spec = HeaderOption.byShort[bytes[1]],
            spec.argument == .one, lastTaker == nil
        else { return nil }
        return (word, "-\(spec.short)")
    }

    /// An argument that can't begin with a dash: one that does is the next option.
    mutating func takeHeaderArgument(
        _ option: HeaderOption, _ name: String, _ range: SourceRange, _ value: Argument?
    ) -> Argument? {
        guard value == nil, let what = Self.arguments[option],
            position == words.count || isOption(words[position].text)
        else { return takeArgument(name, range, value) }
        fail("\(name) needs \(what)", at: range)
        switch option {
        case .transportProtocol: line.isProtocolLost = true
        case .match, .jump, .goto: hasUnknownExtension = true
        default: break
        }
        return nil
    }

    private func isOption(_ text: String) -> Bool {
        if text.hasPrefix("--") { return true }
        guard text.utf8.first == UInt8(ascii: "-"), text.utf8.count == 2, let byte = text.utf8.last else {
            return false
        }
        return HeaderOption.byShort[byte] != nil
    }

    private static let arguments: [HeaderOption: String] = [
        .append: "a chain", .insert: "a chain", .delete: "a chain", .replace: "a chain and a rule's number",
        .check: "a chain", .newChain: "a chain's name", .renameChain: "a chain and its new name",
        .policy: "a chain and a policy", .source: "an address", .destination: "an address",
        .transportProtocol: "a protocol", .jump: "a target", .goto: "a chain", .match: "a match's name",
        .table: "a table's name",
    ]
}
