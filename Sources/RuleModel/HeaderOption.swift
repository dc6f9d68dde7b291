/// The options that every rule line knows, without any match (`original_opts` in `iptables/iptables.c`). An argument
/// of `-E`, `-P`, `-I`, `-D`, `-R` or `-Z` beside the chain is read with the command.
enum HeaderOption {
    case append, insert, newChain, policy
    case delete, check, replace, list, listRules, flush, zero, deleteChain, renameChain
    case source, destination, transportProtocol, inInterface, outInterface, fragment
    case jump, goto, match, setCounters
    case ipv4, ipv6, verbose, modprobe
    case table, numeric, wait, waitInterval, exact, lineNumbers, version, help

    struct Spec {
        let option: HeaderOption
        let long: [String]
        let short: Character
        let argument: OptionSpec.Argument

        init(
            _ option: HeaderOption, _ short: Character, _ long: String...,
            argument: OptionSpec.Argument = .one
        ) {
            self.option = option
            self.short = short
            self.long = long
            self.argument = argument
        }
    }

    static let specs: [Spec] = [
        Spec(.append, "A", "append"),
        Spec(.delete, "D", "delete"),
        Spec(.check, "C", "check"),
        Spec(.insert, "I", "insert"),
        Spec(.replace, "R", "replace"),
        Spec(.list, "L", "list", argument: .optional),
        Spec(.listRules, "S", "list-rules", argument: .optional),
        Spec(.flush, "F", "flush", argument: .optional),
        Spec(.zero, "Z", "zero", argument: .optional),
        Spec(.newChain, "N", "new-chain"),
        Spec(.deleteChain, "X", "delete-chain", argument: .optional),
        Spec(.renameChain, "E", "rename-chain"),
        Spec(.policy, "P", "policy"),
        Spec(.source, "s", "source", "src"),
        Spec(.destination, "d", "destination", "dst"),
        Spec(.transportProtocol, "p", "protocol"),
        Spec(.inInterface, "i", "in-interface"),
        Spec(.jump, "j", "jump"),
        Spec(.table, "t", "table"),
        Spec(.match, "m", "match"),
        Spec(.numeric, "n", "numeric", argument: .none),
        Spec(.outInterface, "o", "out-interface"),
        Spec(.verbose, "v", "verbose", argument: .none),
        Spec(.wait, "w", "wait", argument: .optional),
        Spec(.waitInterval, "W", "wait-interval", argument: .optional),
        Spec(.exact, "x", "exact", argument: .none),
        Spec(.fragment, "f", "fragments", argument: .none),
        Spec(.version, "V", "version", argument: .none),
        Spec(.help, "h", "help", argument: .none),
        Spec(.lineNumbers, "0", "line-numbers", argument: .none),
        Spec(.modprobe, "M", "modprobe"),
        Spec(.setCounters, "c", "set-counters"),
        Spec(.goto, "g", "goto"),
        Spec(.ipv4, "4", "ipv4", argument: .none),
        Spec(.ipv6, "6", "ipv6", argument: .none),
    ]

    /// By the byte behind the dash.
    static let byShort = Dictionary(
        uniqueKeysWithValues: specs.compactMap { spec in spec.short.asciiValue.map { ($0, spec) } })

    /// By the whole word, dashes included.
    static let byLong = Dictionary(
        uniqueKeysWithValues: specs.flatMap { spec in spec.long.map { ("--" + $0, spec) } })

    static let longSpellings = specs.flatMap { spec in spec.long.map { (spelling: "--" + $0, spec: spec) } }
}
