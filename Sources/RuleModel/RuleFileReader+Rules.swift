import Diagnostics
import Packets
import RuleSyntax

extension RuleFileReader {
    /// A rule as it is written: several addresses make several rules of it.
    struct WrittenRule {
        let parts: HeaderReader.Result
        let matches: [any Match]
        let target: RuleTarget
        let jump: (chain: Int, range: SourceRange)?
        let restrictions: [DraftRule.Restriction]
        let facts: FactHandling
        let backend: RuleBackend

        /// How many rules it makes.
        var count: Int { parts.sources.count * parts.destinations.count }

        /// In the order in which iptables takes them.
        func drafts(
            _ counters: RuleCounters, _ place: CommandPlace, _ family: AddressFamily
        ) -> [DraftRule] {
            var unknown: UnknownFacts?
            if case .assumed(let assumption) = facts { unknown = assumption }
            var drafts: [DraftRule] = []
            drafts.reserveCapacity(count)
            for source in parts.sources {
                for destination in parts.destinations {
                    var header = parts.header
                    header.source = source
                    header.destination = destination
                    let rule = Rule(
                        header: header, matches: matches, target: target, counters: counters,
                        range: place.range, line: place.line, family: family, backend: backend,
                        assuming: unknown)
                    drafts.append(DraftRule(rule: rule, jump: jump, restrictions: restrictions))
                }
            }
            return drafts
        }
    }

    /// Where a command stands: its line without the newline, or, in a script, the command alone.
    struct CommandPlace {
        let range: SourceRange
        let line: Int
    }

    /// - Returns: nil if something is wrong with it, which is reported.
    mutating func readRule(_ line: RuleLine, _ chain: Argument) -> WrittenRule? {
        var header = HeaderReader(
            family: family, chain: chain.text, isOfScript: isOfScript, diagnostics: diagnostics)
        let parts = header.read(line)
        diagnostics = header.diagnostics
        let context = RuleContext(
            family: family, table: table?.kind ?? .filter, chain: chain.text,
            transportProtocol: parts.header.transportProtocol,
            protocolRange: line.transportProtocol?.range, file: file, sets: sets,
            changedSets: changedSets)
        let (matches, action, restrictions) = readExtensions(
            line, context, isProtocolLost: parts.isProtocolLost)
        let target = readTarget(line, action)
        guard let matches, let target, !line.isBroken, !header.isBroken else { return nil }
        if case .action(let action) = target, let objection = self.objection(of: action, to: parts, matches) {
            diagnostics.error(objection, at: line.target?.argument.range ?? chain.range, code: "FW008")
            return nil
        }
        var jump: (chain: Int, range: SourceRange)?
        if case .action = target {
        } else if let name = line.target?.argument, let index = table?.indexes[name.text] {
            jump = (index, name.range)
        }
        return WrittenRule(
            parts: parts, matches: matches, target: target, jump: jump, restrictions: restrictions,
            facts: facts, backend: backend)
    }

    /// Of several addresses, each makes a rule.
    private func objection(
        of action: any TargetExtension, to parts: HeaderReader.Result, _ matches: [any Match]
    ) -> String? {
        for destination in parts.destinations {
            var header = parts.header
            header.destination = destination
            if let objection = action.objection(to: header, matches) { return objection }
        }
        return nil
    }

    // MARK: Matches and target

    /// Reports a match that asks for a fact, if those are refused.
    private mutating func isRefused(_ match: any Match, _ occurrence: RuleLine.Occurrence) -> Bool {
        guard facts == .refused, let fact = match.condition.facts.first else { return false }
        diagnostics.error(
            "whether this matches depends on a fact that no capture tells: \(fact.fact)",
            at: occurrence.nameRange, code: "FW002")
        return true
    }

    /// nil matches if one of them, or the target's options, make no sense. What only follows from an error that was
    /// reported before isn't said.
    private mutating func readExtensions(
        _ line: RuleLine, _ context: RuleContext, isProtocolLost: Bool
    ) -> (
        matches: [any Match]?, action: (any TargetExtension)?, restrictions: [DraftRule.Restriction]
    ) {
        var restrictions: [DraftRule.Restriction] = []
        func restrict(_ hooks: Set<Hook>?, _ occurrence: RuleLine.Occurrence) {
            guard let hooks else { return }
            restrictions.append(
                .init(name: occurrence.entry.schema.name, hooks: hooks, range: occurrence.nameRange))
        }
        var matches: [any Match] = []
        matches.reserveCapacity(line.occurrences.count)
        var action: (any TargetExtension)?
        var isSound = true
        for occurrence in line.occurrences {
            if isProtocolLost && occurrence.entry.schema.protocols != nil
                || line.isBroken && !hasRequired(occurrence)
            {
                isSound = false
                continue
            }
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
                    restrict(match.hooks, occurrence)
                    isRead = true
                    if isRefused(match, occurrence) { isSound = false }
                }
            case .target(let type):
                action = type.init(&reader)
                isRead = action != nil
                if let action { restrict(action.hooks, occurrence) }
            }
            for diagnostic in reader.diagnostics {
                if diagnostic.severity == .error { isSound = false }
                let isConsequence =
                    isProtocolLost && diagnostic.code == "FW008"
                    || line.isBroken && diagnostic.range == occurrence.nameRange
                if !isConsequence { diagnostics.add(diagnostic) }
            }
            precondition(
                isRead || reader.diagnostics.contains { $0.severity == .error },
                "an extension failed without a reason")
            isSound = isSound && isRead
        }
        return (isSound ? matches : nil, action, restrictions)
    }

    private func hasRequired(_ occurrence: RuleLine.Occurrence) -> Bool {
        occurrence.entry.schema.options.allSatisfy { option in
            !option.isRequired || occurrence.options.contains { $0.name == option.name }
        }
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
                at: occurrence.nameRange, code: "FW007", notes: tableNotes)
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
                    "\(option) \(schema.name) needs \(wanted)", at: occurrence.nameRange, code: "FW008",
                    notes: context.protocolNotes)
                return false
            }
        }
        if schema.name == "DROP", occurrence.entry.isTarget, context.table == .nat {
            diagnostics.error(Self.natDrop, at: occurrence.nameRange, code: "FW007", notes: tableNotes)
            return false
        }
        return true
    }

    /// Where the table begins, which in a script each command says by itself.
    private var tableNotes: [Diagnostic.Note] {
        isOfScript ? [] : table.map { [.init("the table begins here", at: $0.range)] } ?? []
    }

    /// - Returns: nil if there is none to be had.
    private mutating func readTarget(
        _ line: RuleLine, _ action: (any TargetExtension)?
    ) -> RuleTarget? {
        guard let option = line.target else { return RuleTarget.none }
        let name = option.argument
        if let target = table?.indexes[name.text] {
            guard table?.chains[target].hook == nil else {
                diagnostics.error(
                    "\(name.text) is a base chain; a rule can't jump to it", at: name.range, code: "FW007")
                return nil
            }
            return line.isGoto ? .goto(chain: name.text) : .jump(chain: name.text)
        }
        if line.isGoto {
            let isTarget = extensions.targets[name.text] != nil || KnownExtensions.targets.contains(name.text)
            guard isTarget || isNewlyMissing(name) else { return nil }
            let suggestion = isTarget ? nil : closest(to: name.text, targets: false)
            refuse(
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
        } else if isNewlyMissing(name) {
            let suggestion = closest(to: name.text, targets: true)
            refuse(
                "there is no chain or target \"\(name.text)\"", at: name.range, code: "FW003",
                suggestion: suggestion, notes: notes(onMissingChain: name.text, isMisspelt: suggestion != nil)
            )
        }
        return nil
    }

    private func closest(to name: String, targets: Bool) -> String? {
        let chains = (table?.chains ?? []).lazy.filter { $0.hook == nil && !$0.isDeleted }.map(\.name)
        let names = targets ? extensions.targets.keys.sorted() : []
        return Spelling.closest(to: name, among: names + chains.prefix(Spelling.mostCandidates))
    }
}
