import Diagnostics
import RuleSyntax

/// Turns words into options as `getopt_long` and `do_parse` (`iptables/xshared.c`) do: options of later loaded
/// extensions hide those of earlier ones, unambiguous abbreviations count, `!` stands before its option, and an
/// option nobody knows loads the match of the protocol that `-p` named before.
struct RuleLineParser {
    let extensions: ExtensionIndex
    let words: [Word]
    /// The chains declared so far.
    let chains: [String: Int]
    /// Whether the words are those of an `iptables` command, which has options that rule files haven't.
    let isOfScript: Bool
    var diagnostics: DiagnosticCollector
    var line = RuleLine()
    var position = 0
    var negation: Word?
    /// The option that took the word before for its argument.
    var lastTaker: (name: String, range: SourceRange)?
    /// A match or target isn't known, so options may belong to it.
    var hasUnknownExtension = false

    init(
        _ words: [Word], extensions: ExtensionIndex, diagnostics: consuming DiagnosticCollector,
        chains: [String: Int], isOfScript: Bool
    ) {
        self.words = words
        self.extensions = extensions
        self.diagnostics = diagnostics
        self.chains = chains
        self.isOfScript = isOfScript
    }

    mutating func parse() {
        while position < words.count, !line.isConfused {
            let word = words[position]
            let text = word.text
            if text == "!" {
                if negation != nil { fail("a second ! in a row", at: word.range) }
                negation = word
                position += 1
                continue
            }
            guard text.utf8.first == UInt8(ascii: "-"), text.utf8.count > 1 else {
                reportUnexpected(word)
                break
            }
            position += 1
            lastTaker = nil
            if text == "--" {
                if position < words.count { fail("unexpected text behind --", at: words[position].range) }
                break
            }
            if text.hasPrefix("--") {
                parseLong(word)
            } else {
                parseShort(word)
            }
            negation = nil
            // Of a line for the other family, iptables-restore reads no more than it has.
            if let family = line.family, family != extensions.family { return }
        }
        if line.isConfused { return }
        if let negation { fail("nothing follows this !", at: negation.range) }
        if line.command == nil, !line.isBroken, let first = words.first {
            fail("no command on this line: begin it with -A CHAIN", at: first.range)
        }
        if let range = line.firstListOption, line.command != .list {
            fail("this option belongs to -L, not to this command", at: range)
        }
    }

    mutating func fail(
        _ message: String, at range: SourceRange, code: String = "FW001", suggestion: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        diagnostics.error(message, at: range, code: code, suggestion: suggestion, notes: notes)
        line.isBroken = true
    }

    // MARK: Finding the option

    private mutating func parseLong(_ word: Word) {
        let name: String
        let value: Argument?
        if let equals = word.text.utf8.firstIndex(of: UInt8(ascii: "=")) {
            name = String(word.text[..<equals])
            value = rest(of: word, from: word.text.utf8.index(after: equals))
        } else {
            name = word.text
            value = nil
        }
        let nameRange = value == nil ? word.range : word.range(of: 0..<name.utf8.count)
        switch find(name) {
        case .header(let spec): takeHeader(spec, name, nameRange, value)
        case .ofExtension(let occurrence, let index):
            takeExtension(occurrence, index, name, nameRange, value)
        case .ambiguous(let candidates):
            fail(
                "\(name) is ambiguous: it may stand for \(candidates.joined(separator: ", "))", at: nameRange)
            line.isProtocolLost = true
            skipArguments()
        case .unknown:
            reportUnknown(name, at: nameRange)
            skipArguments()
        }
    }

    private mutating func parseShort(_ word: Word) {
        if word.text.utf8.count == 2, let byte = word.text.utf8.last, let spec = HeaderOption.byShort[byte],
            spec.option != .lineNumbers
        {
            takeHeader(spec, word.text, word.range, nil)
        } else {
            parseShortGroup(word)
        }
    }

    /// `-ptcp`, `-fp tcp`, or something that isn't known.
    private mutating func parseShortGroup(_ word: Word) {
        let bytes = Array(word.text.utf8)
        let long = "-" + word.text
        if bytes.count > 2, HeaderOption.byLong[long] != nil || knownSpellings().contains(long) {
            fail("\(word.text) needs two dashes", at: word.range, suggestion: long)
            skipArguments()
            return
        }
        var offset = 1
        while offset < bytes.count {
            guard let spec = HeaderOption.byShort[bytes[offset]], bytes[offset] != UInt8(ascii: "0") else {
                fail(
                    "unknown option \"\(word.text)\"", at: word.range,
                    suggestion: bytes.count > 3
                        ? Spelling.closest(to: long, among: knownSpellings()) : otherCase(bytes))
                // It may have been meant for -m or -j.
                hasUnknownExtension = true
                skipArguments()
                return
            }
            let name = "-" + String(UnicodeScalar(bytes[offset]))
            offset += 1
            let nameRange = bytes.count == 2 ? word.range : word.range(of: offset - 1..<offset)
            if spec.argument != .none, offset < bytes.count {
                let value = rest(of: word, from: word.text.utf8.index(word.text.startIndex, offsetBy: offset))
                takeHeader(spec, name, nameRange, value)
                return
            }
            takeHeader(spec, name, nameRange, nil)
        }
    }

    /// `-j` for `-J`.
    private func otherCase(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 2, let spec = HeaderOption.byShort[bytes[1] ^ 0x20], spec.option != .lineNumbers
        else { return nil }
        return "-\(spec.short)"
    }

    enum Found {
        case header(HeaderOption.Spec)
        case ofExtension(occurrence: Int, option: Int)
        case ambiguous([String])
        case unknown
    }

    private mutating func find(_ name: String) -> Found {
        let found = findLoaded(name)
        guard case .unknown = found, let protocolOption = line.transportProtocol,
            let entry = extensions.match(forProtocol: protocolOption.argument.text),
            !line.occurrences.contains(where: { $0.entry === entry }),
            entry.spellings.contains(where: { $0.spelling.hasPrefix(name) })
        else { return found }
        line.occurrences.append(.init(entry: entry, nameRange: protocolOption.argument.range))
        return findLoaded(name)
    }

    private func findLoaded(_ name: String) -> Found {
        if let spec = HeaderOption.byLong[name] { return .header(spec) }
        for occurrence in line.occurrences.indices.reversed() {
            if let index = line.occurrences[occurrence].entry.indexes[name] {
                return .ofExtension(occurrence: occurrence, option: index)
            }
        }
        guard name.utf8.count > 2, !hasUnknownExtension else { return .unknown }
        var candidates: [(spelling: String, found: Found)] = []
        for (spelling, spec) in HeaderOption.longSpellings where spelling.hasPrefix(name) {
            candidates.append((spelling, .header(spec)))
        }
        for occurrence in line.occurrences.indices.reversed() {
            for (spelling, index) in line.occurrences[occurrence].entry.spellings
            where spelling.hasPrefix(name) {
                candidates.append((spelling, .ofExtension(occurrence: occurrence, option: index)))
            }
        }
        guard let first = candidates.first else { return .unknown }
        let isOneOption = candidates.allSatisfy { isSame($0.found, first.found) }
        return isOneOption ? first.found : .ambiguous(candidates.map(\.spelling))
    }

    private func isSame(_ a: Found, _ b: Found) -> Bool {
        switch (a, b) {
        case (.header(let a), .header(let b)): a.option == b.option
        // A match that is loaded twice has the same options.
        case (.ofExtension(let a, let i), .ofExtension(let b, let j)):
            line.occurrences[a].entry === line.occurrences[b].entry && i == j
        default: false
        }
    }

    // MARK: Arguments

    /// An argument of an option: the text behind `=`, or the next word, whatever it is.
    mutating func takeArgument(_ name: String, _ nameRange: SourceRange, _ value: Argument?) -> Argument? {
        if let value { return value }
        guard position < words.count else {
            fail("\(name) needs an argument", at: nameRange)
            return nil
        }
        position += 1
        lastTaker = (name, nameRange)
        return Argument(words[position - 1])
    }

    /// The next word, if it is neither an option nor a `!` (`xs_has_arg`).
    mutating func takeOptionalArgument() -> Argument? {
        guard position < words.count, let first = words[position].text.utf8.first, first != UInt8(ascii: "-"),
            first != UInt8(ascii: "!")
        else { return nil }
        position += 1
        return Argument(words[position - 1])
    }

    /// `--dport ! 80`: iptables gave up that order; 1.8.9 takes the `!` for the value.
    mutating func refuseInnerNegation(_ name: String, _ argument: Argument) -> Bool {
        guard argument.text == "!" else { return false }
        let value = position < words.count ? words[position].text : "VALUE"
        fail("the ! must stand before the option: ! \(name) \(value)", at: argument.range)
        skipArguments()
        return true
    }

    func optionRange(_ nameRange: SourceRange, through last: SourceRange?) -> SourceRange {
        var range = nameRange
        if let negation { range = range.union(negation.range) }
        if let last { range = range.union(last) }
        return range
    }

    /// What follows an option that isn't understood is most likely its arguments.
    mutating func skipArguments() {
        while position < words.count, words[position].text != "!",
            words[position].text.utf8.first != UInt8(ascii: "-")
        {
            position += 1
        }
    }

    private func rest(of word: Word, from index: String.Index) -> Argument {
        let offset = word.text.utf8.distance(from: word.text.startIndex, to: index)
        return Argument(word.part(offset..<word.text.utf8.count))
    }
}
