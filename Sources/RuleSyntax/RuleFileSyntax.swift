public import Diagnostics

/// One word of a rule line, split as `iptables-restore` splits it (`add_param_to_argv` in
/// `iptables/xshared.c`): quotes removed, backslash escapes inside double quotes resolved.
public struct Word: Hashable, Sendable {
    public let text: String
    /// Where it stands in the file, quotes included.
    public let range: SourceRange
    /// Where its parts come from, in the order of the text; none for a word of a rule file.
    public let origins: [TextOrigin]

    public init(text: String, range: SourceRange, origins: [TextOrigin] = []) {
        self.text = text
        self.range = range
        self.origins = origins
    }
}

/// A rule file as lines: every byte of the file lies in exactly one line, so the text can be put together again.
public struct RuleFileSyntax: Sendable {
    public let file: SourceFile
    public let lines: [LineSyntax]
    /// The commands, if the file is a list of `iptables` commands. The lines then are comments, `.command` for the
    /// first command that begins on the line, and `.blank`.
    public let script: [ScriptCommand]?
    /// The script's `ipset` commands.
    public let setCommands: [SetCommand]

    public init(
        file: SourceFile, lines: [LineSyntax], script: [ScriptCommand]? = nil, setCommands: [SetCommand] = []
    ) {
        self.file = file
        self.lines = lines
        self.script = script
        self.setCommands = setCommands
    }
}

/// An `ipset` command of a script, with the values of its variables in their places.
public struct SetCommand: Sendable {
    /// What stands behind the program's name.
    public let words: [Word]
    /// From the program's name to the last word.
    public let range: SourceRange
    /// Whether the script doesn't mind that the command fails.
    public let mayFail: Bool

    public init(words: [Word], range: SourceRange, mayFail: Bool) {
        self.words = words
        self.range = range
        self.mayFail = mayFail
    }
}

/// An `iptables` or `ip6tables` command of a script, with the values of its variables in their places.
public struct ScriptCommand: Sendable {
    public let isIPv6: Bool
    /// What stands behind the program's name.
    public let words: [Word]
    /// From the program's name to the last word; it may go over several lines.
    public let range: SourceRange
    /// Whether the script doesn't mind that the command fails: `|| true`, `2>/dev/null`.
    public let mayFail: Bool
    /// Behind `iptables -C … ||`: what stands between, a rule whose presence keeps the command from running.
    public let unlessPresent: [Word]?

    public init(
        isIPv6: Bool, words: [Word], range: SourceRange, mayFail: Bool = false, unlessPresent: [Word]? = nil
    ) {
        self.isIPv6 = isIPv6
        self.words = words
        self.range = range
        self.mayFail = mayFail
        self.unlessPresent = unlessPresent
    }
}

public struct LineSyntax: Sendable {
    /// From 1.
    public let number: Int
    /// Without the newline.
    public let range: SourceRange
    public let kind: Kind

    public init(number: Int, range: SourceRange, kind: Kind) {
        self.number = number
        self.range = range
        self.kind = kind
    }

    public enum Kind: Sendable {
        /// Nothing; in a script, nothing about rules.
        case blank
        /// `# …`
        case comment
        /// `*filter`; the word is the name behind the star.
        case table(Word)
        /// `:INPUT DROP [0:0]`
        case chain(ChainSyntax)
        /// `[0:0] -A INPUT …`: any line that begins with an option.
        case command(CommandSyntax)
        case commit
        /// A line that is none of these; the parser has reported it.
        case invalid
    }
}

public struct ChainSyntax: Sendable {
    public let name: Word
    /// A policy's name, or `-` for a user chain.
    public let policy: Word?
    public let counters: CountersSyntax?

    public init(name: Word, policy: Word?, counters: CountersSyntax?) {
        self.name = name
        self.policy = policy
        self.counters = counters
    }
}

/// `[packets:bytes]`
public struct CountersSyntax: Hashable, Sendable {
    public let packets: UInt64
    public let bytes: UInt64
    public let range: SourceRange

    public init(packets: UInt64, bytes: UInt64, range: SourceRange) {
        self.packets = packets
        self.bytes = bytes
        self.range = range
    }
}

public struct CommandSyntax: Sendable {
    public let counters: CountersSyntax?
    /// The option that begins it (`-A`, `--append`, …) and what follows.
    public let words: [Word]

    public init(counters: CountersSyntax?, words: [Word]) {
        self.counters = counters
        self.words = words
    }
}
