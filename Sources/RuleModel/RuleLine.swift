import Diagnostics
import Packets

/// What a line of a rule file says, option by option, before any value is read.
struct RuleLine {
    enum Command { case append, insert, newChain, policy }

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
    var chain: Argument?
    /// The number behind `-I CHAIN`.
    var ruleNumber: Argument?
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
    /// `-4` or `-6`: the line is for this family only.
    var family: AddressFamily?
    /// In the order in which they were loaded; at most one is a target.
    var occurrences: [Occurrence] = []
    /// Whether something was reported that leaves the line without meaning.
    var isBroken = false
}
