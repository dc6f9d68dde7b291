import Diagnostics
import Packets
import RuleSyntax

extension RuleLineParser {
    mutating func takeHeader(
        _ spec: HeaderOption.Spec, _ name: String, _ range: SourceRange, _ value: Argument?
    ) {
        if !isOfScript, [.version, .help].contains(spec.option) {
            fail("\(name) has no place in a rule file", at: range)
            return
        }
        if spec.argument == .none {
            if let value { fail("\(name) takes no argument", at: value.range) }
            takeFlag(spec.option, name, range)
            return
        }
        if spec.argument == .optional {
            takeOptional(spec.option, name, range, value ?? takeOptionalArgument())
            return
        }
        guard let argument = takeHeaderArgument(spec.option, name, range, value) else { return }
        switch spec.option {
        case .append: takeCommand(.append, name, range, argument)
        case .insert: takeCommand(.insert, name, range, argument)
        case .delete: takeCommand(.delete, name, range, argument)
        case .replace: takeCommand(.replace, name, range, argument)
        case .check: takeCommand(.check, name, range, argument)
        case .newChain: takeCommand(.newChain, name, range, argument)
        case .renameChain: takeCommand(.renameChain, name, range, argument)
        case .policy: takeCommand(.policy, name, range, argument)
        case .source: take(\.source, name, range, argument, isNegatable: true)
        case .destination: take(\.destination, name, range, argument, isNegatable: true)
        case .transportProtocol: take(\.transportProtocol, name, range, argument, isNegatable: true)
        case .inInterface: take(\.inInterface, name, range, argument, isNegatable: true)
        case .outInterface: take(\.outInterface, name, range, argument, isNegatable: true)
        case .jump: takeTarget(name, range, argument)
        case .goto:
            line.isGoto = true
            take(\.target, name, range, argument, isNegatable: false)
        case .match: takeMatch(name, range, argument)
        case .setCounters: takeCounters(name, range, argument)
        case .table: takeTable(name, range, argument)
        case .modprobe: break
        default: preconditionFailure("an option without an argument was given one")
        }
    }

    private mutating func takeFlag(_ option: HeaderOption, _ name: String, _ range: SourceRange) {
        switch option {
        case .fragment:
            take(\.fragment, name, range, Argument(text: "", range: range), isNegatable: true)
        case .ipv4, .ipv6:
            if let negation { fail("! can't stand before \(name)", at: negation.range) }
            line.family = option == .ipv4 ? .ipv4 : .ipv6
        case .verbose: break
        case .numeric, .exact, .lineNumbers: if line.firstListOption == nil { line.firstListOption = range }
        case .version, .help: line.command = line.command ?? .list
        default: preconditionFailure("an option with an argument was given none")
        }
    }

    private mutating func takeOptional(
        _ option: HeaderOption, _ name: String, _ range: SourceRange, _ argument: Argument?
    ) {
        switch option {
        case .list, .listRules:
            takeCommand(.list, name, range, argument)
            // A rule's number; which rules are listed makes no difference.
            if argument != nil { _ = takeOptionalArgument() }
        case .flush: takeCommand(.flush, name, range, argument)
        case .zero: takeCommand(.zero, name, range, argument)
        case .deleteChain: takeCommand(.deleteChain, name, range, argument)
        default:
            if !isOfScript {
                fail("\(name) can't stand in a rule file: it is for the iptables command", at: range)
            } else if let argument, parseNumber(argument.text) == nil {
                fail("\(name) takes a number of seconds, not \"\(argument.text)\"", at: argument.range)
            }
        }
    }

    private mutating func takeTable(_ name: String, _ range: SourceRange, _ argument: Argument) {
        guard isOfScript else {
            fail("-t can't stand in a rule file: the *TABLE line says the table", at: range)
            return
        }
        if line.table != nil { fail("\(name) is given twice", at: range) }
        line.table = argument
    }

    private mutating func takeCommand(
        _ command: RuleLine.Command, _ name: String, _ range: SourceRange, _ argument: Argument?
    ) {
        if let negation { fail("! can't stand before \(name)", at: negation.range) }
        // `-L -Z` lists, then zeroes.
        if command == .list, line.command == .zero { return }
        guard line.command == nil || line.command == .list && command == .zero else {
            confuse(
                "a line has one command; this is a second one", at: range,
                notes: [.init("the first is here", at: line.commandRange)])
            return
        }
        line.command = command
        line.commandRange = range
        line.chain = argument ?? line.chain
        switch command {
        case .insert, .delete: line.ruleNumber = takeOptionalArgument()
        case .zero: if argument != nil { line.ruleNumber = takeOptionalArgument() }
        case .replace:
            line.ruleNumber = takeOptionalArgument()
            if line.ruleNumber == nil { fail("\(name) needs a chain and a rule's number", at: range) }
        case .renameChain:
            line.newName = takeOptionalArgument()
            if line.newName == nil { fail("\(name) needs a chain and its new name", at: range) }
        case .policy:
            line.policy = takeOptionalArgument()
            if line.policy == nil { fail("\(name) needs a chain and a policy", at: range) }
        case .append, .check, .newChain, .deleteChain, .flush, .list: break
        }
    }

    private mutating func take(
        _ place: WritableKeyPath<RuleLine, RuleLine.Option?>, _ name: String, _ range: SourceRange,
        _ argument: Argument, isNegatable: Bool
    ) {
        let whole = optionRange(range, through: argument.range)
        if line.firstRuleOption == nil { line.firstRuleOption = whole }
        if isNegatable, refuseInnerNegation(name, argument) { return }
        if let negation, !isNegatable { fail("! can't stand before \(name)", at: negation.range) }
        if let earlier = line[keyPath: place] {
            fail("\(name) is given twice", at: whole, notes: [.init("first here", at: earlier.range)])
            return
        }
        line[keyPath: place] = RuleLine.Option(argument: argument, isNegated: negation != nil, range: whole)
    }

    private mutating func takeTarget(_ name: String, _ range: SourceRange, _ argument: Argument) {
        let isRepeated = line.target != nil
        take(\.target, name, range, argument, isNegatable: false)
        guard !isRepeated, chains[argument.text] == nil else { return }
        if let entry = extensions.targets[argument.text] {
            line.occurrences.append(.init(entry: entry, nameRange: argument.range))
        } else {
            hasUnknownExtension = true
        }
    }

    private mutating func takeMatch(_ name: String, _ range: SourceRange, _ argument: Argument) {
        if line.firstRuleOption == nil { line.firstRuleOption = range }
        if let negation { fail("! can't stand before \(name)", at: negation.range) }
        if let entry = extensions.match(argument.text) {
            line.occurrences.append(.init(entry: entry, nameRange: argument.range))
            return
        }
        hasUnknownExtension = true
        if let near = misspeltGroup() {
            confuse("unknown option \"\(near.word.text)\"", at: near.word.range, suggestion: near.option)
            return
        }
        let message = extensions.explanation(
            ofMissing: "match", argument.text, known: KnownExtensions.matches)
        let isMisspelt = message.hasPrefix("unknown")
        fail(
            message, at: argument.range, code: "FW002",
            suggestion: isMisspelt
                ? Spelling.closest(to: argument.text, among: extensions.matches.keys.sorted()) : nil)
    }

    private mutating func takeCounters(_ name: String, _ range: SourceRange, _ argument: Argument) {
        var packets = argument.text[...]
        var bytes: Substring?
        if let comma = packets.utf8.firstIndex(of: UInt8(ascii: ",")) {
            bytes = packets[packets.utf8.index(after: comma)...]
            packets = packets[..<comma]
        } else if let second = takeOptionalArgument() {
            bytes = second.text[...]
        }
        guard let bytes, let packetCount = UInt64(packets), let byteCount = UInt64(bytes) else {
            fail("\(name) needs a packet and a byte count", at: argument.range)
            return
        }
        if line.counters != nil { fail("\(name) is given twice", at: range) }
        line.counters = RuleCounters(packets: packetCount, bytes: byteCount)
    }
}
