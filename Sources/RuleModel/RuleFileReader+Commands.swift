import Diagnostics
import Packets
import RuleSyntax

/// What `iptables` does with each command, in the order in which they stand.
extension RuleFileReader {
    mutating func read(_ command: CommandSyntax, at place: CommandPlace) { run(parse(command), at: place) }

    mutating func parse(_ command: CommandSyntax) -> RuleLine {
        var line = parse(command.words)
        if let counters = command.counters {
            if line.counters == nil {
                line.counters = RuleCounters(packets: counters.packets, bytes: counters.bytes)
            } else {
                diagnostics.warning("ignored: the rule gives counters with -c, too", at: counters.range)
            }
        }
        return line
    }

    mutating func parse(_ words: [Word]) -> RuleLine {
        var parser = RuleLineParser(
            words, extensions: extensions, diagnostics: diagnostics, chains: table?.indexes ?? [:],
            isOfScript: isOfScript)
        parser.parse()
        diagnostics = parser.diagnostics
        return parser.line
    }

    mutating func run(_ line: RuleLine, at place: CommandPlace) {
        if let written = line.family, written != family { return }
        guard let kind = line.command else {
            if line.isConfused { missingChains.mayBeMade = true }
            return
        }
        if kind == .newChain, line.isBroken {
            guard let name = line.chain else {
                missingChains.mayBeMade = true
                return
            }
            if table?.indexes[name.text] == nil {
                table?.add(ChainDraft(name: name.text, hook: nil, declaration: name.range))
            }
            return
        }
        if line.isConfused { return }
        let isNumbered = kind == .delete && line.ruleNumber != nil
        if !kind.takesRule || isNumbered, let range = line.firstRuleOption {
            diagnostics.error(
                isNumbered
                    ? "-D takes a rule's number or a rule, not both"
                    : "this option belongs to rules, not to this command", at: range)
            return
        }
        if !kind.takesRule, line.isBroken { return }
        let chain = line.chain.flatMap { kind == .newChain ? nil : findChain($0) }
        if line.chain != nil, kind != .newChain, chain == nil, !kind.takesRule { return }
        switch kind {
        case .append, .insert: add(line, chain, place)
        case .replace: replace(line, chain, place)
        case .delete where isNumbered:
            if let chain, let position = position(line, chain) { table?.remove(from: chain, at: position) }
        case .delete, .check: find(line, chain, place)
        case .newChain: if let name = line.chain { addChain(name.text, name.range) }
        case .renameChain: rename(line, chain)
        case .deleteChain: delete(line, chain, place)
        case .policy: setPolicy(line, chain)
        case .flush: flush(chain, place)
        case .zero: zero(line, chain, place)
        case .list:
            if !isOfScript {
                diagnostics.warning("ignored: listing changes nothing", at: line.commandRange)
            }
        }
    }

    private mutating func flush(_ chain: Int?, _ place: CommandPlace) {
        if let chain {
            table?.flush(chain)
        } else if search(10 * (table?.chains.count ?? 0), place) {
            table?.flushAll()
        }
    }

    /// The one chain, or all that there are.
    mutating func chains(_ chain: Int?, _ place: CommandPlace) -> [Int] {
        if let chain { return [chain] }
        // A chain takes more time than a rule that is only compared.
        guard search(10 * (table?.chains.count ?? 0), place) else { return [] }
        return (table?.chains ?? []).indices.filter { table?.chains[$0].isDeleted == false }
    }

    /// What a command asks of chains and rules that aren't so. A script may say that it doesn't mind.
    mutating func refuse(
        _ message: String, at range: SourceRange, code: String = "FW001",
        suggestion: String? = nil, notes: [Diagnostic.Note] = []
    ) {
        guard !isTolerant else { return }
        diagnostics.error(message, at: range, code: code, suggestion: suggestion, notes: notes)
    }

    // MARK: Rules

    private mutating func add(_ line: RuleLine, _ chain: Int?, _ place: CommandPlace) {
        let position = line.command == .insert ? insertPosition(line, chain) : nil
        guard let name = line.chain, let written = readRule(line, name), let chain,
            count(written.count, place.range)
        else { return }
        for rule in written.drafts(line.counters ?? RuleCounters(), place, family) {
            if let position {
                table?.insert(rule, in: chain, at: position)
            } else {
                table?.append(rule, to: chain)
            }
        }
    }

    private mutating func replace(_ line: RuleLine, _ chain: Int?, _ place: CommandPlace) {
        guard let name = line.chain, let written = readRule(line, name), let chain,
            let position = position(line, chain)
        else { return }
        guard written.count == 1 else {
            let option = written.parts.sources.count > 1 ? line.source : line.destination
            diagnostics.error(
                "-R puts one rule in place of another, so it can't name several addresses",
                at: option?.range ?? name.range)
            return
        }
        guard count(1, place.range) else { return }
        for rule in written.drafts(line.counters ?? RuleCounters(), place, family) {
            table?.replace(in: chain, at: position, by: rule)
        }
    }

    /// `-D` and `-C` with a rule: that with several addresses stands for several rules.
    private mutating func find(_ line: RuleLine, _ chain: Int?, _ place: CommandPlace) {
        guard let name = line.chain, let written = readRule(line, name), let chain,
            search(written.count, place)
        else { return }
        if line.counters != nil { diagnostics.warning("ignored: counters aren't looked at", at: place.range) }
        for rule in written.drafts(RuleCounters(), place, family) {
            guard let (position, tested) = table?.chains[chain].firstPosition(of: rule) else { return }
            guard search(tested, place) else { return }
            guard let position else {
                refuse(
                    "no rule of \(name.text) is like this one", at: ruleRange(line, place),
                    notes: nearest(rule, chain))
                return
            }
            if line.command == .delete { table?.remove(from: chain, at: position) }
        }
    }

    /// Whether the chain has a rule that tests and does the same.
    mutating func contains(_ rule: DraftRule, _ chain: Int, _ place: CommandPlace) -> Bool {
        guard let (position, tested) = table?.chains[chain].firstPosition(of: rule) else { return false }
        return search(tested, place) && position != nil
    }

    /// How many rules and chains the commands of a file may look at, so that none takes quadratic time.
    private static var mostSearches: Int { 1_000_000_000 }

    mutating func search(_ count: Int, _ place: CommandPlace) -> Bool {
        guard searchCount <= Self.mostSearches else { return false }
        searchCount += count
        guard searchCount > Self.mostSearches else { return true }
        diagnostics.error("the commands up to here go through too many rules and chains", at: place.range)
        return false
    }

    /// From the first option of the rule to the end of the command.
    private func ruleRange(_ line: RuleLine, _ place: CommandPlace) -> SourceRange {
        SourceRange((line.firstRuleOption ?? line.commandRange).lower, place.range.upper)
    }

    /// The rule that has most in common with one that isn't there, if that is the half of it.
    private func nearest(_ rule: DraftRule, _ chain: Int) -> [Diagnostic.Note] {
        guard !isTolerant, let rules = table?.chains[chain].rules else { return [] }
        let wanted = words(rule.rule)
        var best: (count: Int, position: Int)?
        for (position, candidate) in rules.prefix(1000).enumerated() {
            let words = words(candidate.rule)
            let common = words.intersection(wanted).count
            if 2 * common >= max(words.count, wanted.count), common > best?.count ?? 0 {
                best = (common, position)
            }
        }
        guard let best else { return [] }
        return [.init("the nearest is rule \(best.position + 1)", at: rules[best.position].rule.range)]
    }

    private func words(_ rule: Rule) -> Set<Substring> {
        Set(SyntaxPrinter.text(of: rule, family: family).split(separator: " "))
    }

    private mutating func count(_ rules: Int, _ range: SourceRange) -> Bool {
        guard ruleCount <= mostRules else { return false }
        ruleCount += rules
        if ruleCount > mostRules { diagnostics.error("more than \(mostRules) rules in this file", at: range) }
        return ruleCount <= mostRules
    }

    // MARK: Rule numbers

    /// Where `-I` puts its rule, from 0. Every rule of a line with several addresses goes to the same place, so
    /// that they stand in reverse.
    private mutating func insertPosition(_ line: RuleLine, _ chain: Int?) -> Int {
        guard let number = line.ruleNumber else { return 0 }
        guard let value = ruleNumber(number) else { return 0 }
        let count = chain.flatMap { table?.chains[$0].ruleCount } ?? 0
        guard value <= UInt64(count) + 1 else {
            if chain != nil {
                diagnostics.error(
                    "can't insert as rule \(value): the chain has \(count) so far", at: number.range)
            }
            return 0
        }
        return Int(value) - 1
    }

    /// The place, from 0, of the rule that a command numbers.
    mutating func position(_ line: RuleLine, _ chain: Int) -> Int? {
        guard let number = line.ruleNumber, let value = ruleNumber(number) else { return nil }
        let count = table?.chains[chain].ruleCount ?? 0
        guard value <= UInt64(count) else {
            refuse(
                "there is no rule \(value): the chain has \(count == 0 ? "none" : "\(count)") so far",
                at: number.range)
            return nil
        }
        return Int(value) - 1
    }

    private mutating func ruleNumber(_ number: Argument) -> UInt64? {
        guard let value = parseNumber(number.text), value > 0 else {
            diagnostics.error("\"\(number.text)\" is no rule number; they count from 1", at: number.range)
            return nil
        }
        return value
    }
}
