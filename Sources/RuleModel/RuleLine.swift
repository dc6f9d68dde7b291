import Diagnostics
import Packets

/// What a line of a rule file says, option by option, before any value is read.
struct RuleLine {
    enum Command {
        case append, insert, delete, replace, check
        case newChain, deleteChain, renameChain, flush, zero, policy
        /// `-L` or `-S`, which changes nothing.
        case list

        /// Whether a rule may follow. Behind `-D` a number may stand in its place.
        var takesRule: Bool {
            switch self {
            case .append, .insert, .delete, .replace, .check: true
            case .newChain, .deleteChain, .renameChain, .flush, .zero, .policy, .list: false
            }
        }

        var addsRule: Bool { self == .append || self == .insert || self == .replace }
    }

    /// An option of the rule's header.
    struct Option {
        let argument: Argument
        let isNegated: Bool
        /// From the option's word (or its `!`) to its argument.
        let range: SourceRange
    }

    /// A match or target and the options given to it.
    struct Occurrence {
        let entry: ExtensionEntry
        let nameRange: SourceRange
        var options: [ParsedOption] = []
    }

    var command: Command?
    /// The word that says the command.
    var commandRange = SourceRange(0, 0)
    /// Nil where the command is for all chains.
    var chain: Argument?
    /// The number behind `-I CHAIN`, `-D CHAIN`, `-R CHAIN` or `-Z CHAIN`.
    var ruleNumber: Argument?
    /// The word behind `-E CHAIN`.
    var newName: Argument?
    /// The word behind `-P CHAIN`.
    var policy: Argument?
    var source: Option?
    var destination: Option?
    var transportProtocol: Option?
    var inInterface: Option?
    var outInterface: Option?
    var fragment: Option?
    /// `-j` or `-g`.
    var target: Option?
    var isGoto = false
    var counters: RuleCounters?
    /// The first option that only a rule can have.
    var firstRuleOption: SourceRange?
    /// The first option that only belongs to `-L`.
    var firstListOption: SourceRange?
    /// `-t TABLE`, in a script.
    var table: Argument?
    /// `-4` or `-6`: the line is for this family only.
    var family: AddressFamily?
    /// In the order in which they were loaded; at most one is a target.
    var occurrences: [Occurrence] = []
    /// Whether something was reported that leaves the line without meaning.
    var isBroken = false
    /// Whether nobody can say any more which word belongs to what: further reports would only confuse.
    var isConfused = false
    /// An option that is misspelt, or has no argument, may have been meant for `-p`: where no other is there, nobody
    /// can say which options need a protocol.
    var isProtocolLost = false
}
