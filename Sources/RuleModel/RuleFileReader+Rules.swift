import Diagnostics
import Packets
import RuleSyntax

extension RuleFileReader {
    mutating func read(_ command: CommandSyntax, _ syntaxLine: LineSyntax) {
        var parser = RuleLineParser(
            command.words, extensions: extensions, diagnostics: diagnostics, chains: table?.indexes ?? [:])
        parser.parse()
        diagnostics = parser.diagnostics
        var line = parser.line
        if let written = line.family, written != family { return }
        if let counters = command.counters {
            if line.counters == nil {
                line.counters = RuleCounters(packets: counters.packets, bytes: counters.bytes)
            } else {
                diagnostics.warning("ignored: the rule gives counters with -c, too", at: counters.range)
            }
        }
        guard let kind = line.command, let chain = line.chain else { return }
        switch kind {
        case .append, .insert: addRule(line, chain, syntaxLine)
        case .newChain, .policy:
            if let range = line.firstRuleOption {
                diagnostics.error("this option belongs to rules, not to this command", at: range)
            }
            if kind == .newChain { addChain(chain.text, chain.range) } else { setPolicy(line) }
        }
    }

    private mutating func addRule(_ line: RuleLine, _ chain: Argument, _ syntaxLine: LineSyntax) {
        let chainIndex = findChain(chain)
        let position = line.command == .insert ? insertPosition(line, chainIndex) : nil
        var header = HeaderReader(family: family, chain: chain.text, diagnostics: diagnostics)
        let parts = header.read(line)
        diagnostics = header.diagnostics
        let context = RuleContext(
            family: family, table: table?.kind ?? .filter, chain: chain.text,
            transportProtocol: parts.header.transportProtocol,
            protocolRange: line.transportProtocol?.range, file: syntax.file)
        let (matches, action) = readExtensions(line, context, chainIndex)
        let target = readTarget(line, action, chainIndex)
        guard let chainIndex, let matches, let target, !line.isBroken, !header.isBroken,
            countRules(parts, syntaxLine.range)
        else { return }
        let file = syntax.file
        let range = file.range(ofLine: syntaxLine.number)
        var next = position
        for source in parts.sources {
            for destination in parts.destinations {
                var header = parts.header
                header.source = source
                header.destination = destination
                let rule = Rule(
                    header: header, matches: matches, target: target,
                    counters: line.counters ?? RuleCounters(),
                    range: range, line: syntaxLine.number, family: family)
                if let position = next {
                    table?.chains[chainIndex].insert(rule, at: position)
                    next = position
                } else {
                    table?.chains[chainIndex].append(rule)
                }
            }
        }
    }

    private mutating func countRules(_ parts: HeaderReader.Result, _ range: SourceRange) -> Bool {
        guard ruleCount <= mostRules else { return false }
        ruleCount += parts.sources.count * parts.destinations.count
        if ruleCount > mostRules { diagnostics.error("more than \(mostRules) rules in this file", at: range) }
        return ruleCount <= mostRules
    }

    /// Where `-I` puts its rule, from 0. Every rule of a line with several addresses goes to the same place, so
    /// that they stand in reverse.
    private mutating func insertPosition(_ line: RuleLine, _ chain: Int?) -> Int? {
        guard let number = line.ruleNumber else { return 0 }
        guard let value = parseNumber(number.text), value > 0 else {
            diagnostics.error("\"\(number.text)\" is no rule number; they count from 1", at: number.range)
            return 0
        }
        let count = chain.flatMap { table?.chains[$0].rules.count } ?? 0
        guard value <= UInt64(count) + 1 else {
            if chain != nil {
                diagnostics.error(
                    "can't insert as rule \(value): the chain has \(count) so far", at: number.range)
            }
            return 0
        }
        return Int(value) - 1
    }

    // MARK: Matches and target

    /// nil matches if one of them, or the target's options, make no sense.
    private mutating func readExtensions(
        _ line: RuleLine, _ context: RuleContext, _ chain: Int?
    ) -> (matches: [any Match]?, action: (any TargetExtension)?) {
        var matches: [any Match] = []
        matches.reserveCapacity(line.occurrences.count)
        var action: (any TargetExtension)?
        var isSound = true
        for occurrence in line.occurrences {
            guard checkSchema(occurrence, context), checkRequired(occurrence) else {
                isSound = false
                continue
            }
            var reader = OptionReader(
                context: context, options: occurrence.options, nameRange: occurrence.nameRange)
            var isRead = false
            switch occurrence.entry.implementation {
            case .match(let type):
                if let match = type.init(&reader) {
                    matches.append(match)
                    restrict(chain, match.hooks, occurrence)
                    isRead = true
                }
            case .target(let type):
                action = type.init(&reader)
                isRead = action != nil
                if isRead { restrict(chain, type.schema.hooks, occurrence) }
            }
            for diagnostic in reader.diagnostics {
                diagnostics.add(diagnostic)
                if diagnostic.severity == .error { isSound = false }
            }
            precondition(
                isRead || reader.diagnostics.contains { $0.severity == .error },
                "an extension failed without a reason")
            isSound = isSound && isRead
        }
        return (isSound ? matches : nil, action)
    }

    private mutating func checkRequired(_ occurrence: RuleLine.Occurrence) -> Bool {
        let schema = occurrence.entry.schema
        for option in schema.options where option.isRequired {
            if !occurrence.options.contains(where: { $0.name == option.name }) {
                diagnostics.error("\(schema.name) needs \(option.name)", at: occurrence.nameRange)
                return false
            }
        }
        return true
    }

    private mutating func checkSchema(_ occurrence: RuleLine.Occurrence, _ context: RuleContext) -> Bool {
        let schema = occurrence.entry.schema
        if let tables = schema.tables, !tables.contains(context.table) {
            let names = TableKind.allCases.filter(tables.contains).map(\.rawValue).joined(separator: ", ")
            diagnostics.error(
                "\(schema.name) can't be used in the \(context.table.rawValue) table, only in \(names)",
                at: occurrence.nameRange, code: "FW007")
            return false
        }
        if let protocols = schema.protocols {
            let named = context.transportProtocol
            guard let named, !named.isNegated, protocols.contains(named.value) else {
                let wanted = protocols.sorted { $0.rawValue < $1.rawValue }
                    .map { "-p " + ProtocolNames.text($0) }
                    .joined(separator: " or ")
                let option = occurrence.entry.isTarget ? "-j" : "-m"
                diagnostics.error(
                    "\(option) \(schema.name) needs \(wanted)", at: occurrence.nameRange, code: "FW008")
                return false
            }
        }
        if schema.name == "DROP", occurrence.entry.isTarget, context.table == .nat {
            diagnostics.error(Self.natDrop, at: occurrence.nameRange, code: "FW007")
            return false
        }
        return true
    }

    private mutating func restrict(_ chain: Int?, _ hooks: Set<Hook>?, _ occurrence: RuleLine.Occurrence) {
        guard let hooks, let chain else { return }
        table?.chains[chain].restrictions.append(
            .init(name: occurrence.entry.schema.name, hooks: hooks, range: occurrence.nameRange))
    }

    /// - Returns: nil if there is none to be had.
    private mutating func readTarget(
        _ line: RuleLine, _ action: (any TargetExtension)?, _ chain: Int?
    ) -> RuleTarget? {
        guard let option = line.target else { return RuleTarget.none }
        let name = option.argument
        if let target = table?.indexes[name.text] {
            guard table?.chains[target].hook == nil else {
                diagnostics.error(
                    "\(name.text) is a base chain; a rule can't jump to it", at: name.range, code: "FW007")
                return nil
            }
            if let chain, table?.chains[chain].jumps[target] == nil {
                table?.chains[chain].jumps[target] = name.range
            }
            return line.isGoto ? .goto(chain: name.text) : .jump(chain: name.text)
        }
        if line.isGoto {
            let isTarget = extensions.targets[name.text] != nil || KnownExtensions.targets.contains(name.text)
            let suggestion = isTarget ? nil : closest(to: name.text, targets: false)
            diagnostics.error(
                isTarget
                    ? "-g goes to chains; \"\(name.text)\" is a target"
                    : "there is no chain \"\(name.text)\"",
                at: name.range, code: "FW003",
                suggestion: suggestion,
                notes: isTarget
                    ? [.init("write -j \(name.text)")]
                    : notes(onMissingChain: name.text, isMisspelt: suggestion != nil))
            return nil
        }
        if extensions.targets[name.text] != nil { return action.map { .action($0) } }
        if KnownExtensions.targets.contains(name.text) {
            diagnostics.error(
                extensions.explanation(ofMissing: "target", name.text, known: KnownExtensions.targets),
                at: name.range, code: "FW002")
        } else {
            let suggestion = closest(to: name.text, targets: true)
            diagnostics.error(
                "there is no chain or target \"\(name.text)\"", at: name.range, code: "FW003",
                suggestion: suggestion, notes: notes(onMissingChain: name.text, isMisspelt: suggestion != nil)
            )
        }
        return nil
    }

    private func closest(to name: String, targets: Bool) -> String? {
        let chains = (table?.chains ?? []).filter { $0.hook == nil }.map(\.name)
        return Spelling.closest(to: name, among: chains + (targets ? extensions.targets.keys.sorted() : []))
    }
}
