import Diagnostics

/// Tells a list of commands from `iptables-save` text by the first line that only one of them can have.
enum ScriptRecognizer {
    static func isScript(_ file: SourceFile) -> Bool {
        for number in 1...file.lineCount {
            let range = file.range(ofLine: number)
            let line = file.bytes[range.lower..<range.upper]
            let text = line.drop(while: isBlank)
            guard let first = text.first else { continue }
            if first == UInt8(ascii: "#") {
                if number == 1, let isShell = isShell(line) { return isShell }
                continue
            }
            switch first {
            case UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "!"): return false
            case UInt8(ascii: "["), UInt8(ascii: ":"):
                // `[ -x … ]` and `: …` are commands; `[0:0] -A …` and `:INPUT …` aren't.
                let next = text.dropFirst().first
                return next.map { isBlank($0) || first == UInt8(ascii: "[") && $0 == first } ?? false
            default: if let isScript = decide(text) { return isScript }
            }
        }
        return false
    }

    /// What a first line `#!…` says; nil if it is an ordinary comment.
    private static func isShell(_ line: ArraySlice<UInt8>) -> Bool? {
        guard line.starts(with: Array("#!".utf8)) else { return nil }
        return !String(decoding: line, as: UTF8.self).contains("restore")
    }

    private static func decide(_ text: ArraySlice<UInt8>) -> Bool? {
        let word = String(decoding: text.prefix { !isBlank($0) && $0 != UInt8(ascii: ";") }, as: UTF8.self)
        if word == "COMMIT" { return false }
        if word.hasPrefix("$") || word.hasPrefix("/") || word.hasPrefix("\"$") { return true }
        if let equals = word.firstIndex(of: "="), ShellWord.isName(word[..<equals]) { return true }
        if ScriptParser.programs[word] != nil || ScriptPrograms.harmless.contains(word)
            || words.contains(word)
        {
            return true
        }
        return word.hasSuffix("()") ? true : nil
    }

    private static let words: Set<String> = [
        "sudo", "doas", "command", "export", "readonly", "if", "for", "while", "until", "case", "function",
        "{", "(",
        ".", "source", "exit", "test", "ipset", "unset", "eval", "iptables-restore", "ip6tables-restore",
    ]
}
