public import AddressSets
public import Diagnostics
public import Packets
public import RuleSyntax

/// Makes a rule set of a rule file, and reports everything that is wrong with it in one run.
public struct RuleSetBuilder: Sendable {
    private let catalogue: Catalogue
    private let family: AddressFamily?
    private let mostRules: Int
    private let facts: FactHandling
    private let sets: SetCatalogue?
    private let backend: RuleBackend

    public static let mostRules = 2_000_000

    /// - Parameters:
    ///   - family: nil to find it out with `RuleFamily.detect`.
    ///   - mostRules: the limit for one file; lists of addresses multiply rules.
    ///   - sets: what rules may name in `--match-set` and the like; nil if nobody said which sets there are. The
    ///     `ipset` commands of a script go on from them.
    ///   - backend: what loads the rules.
    public init(
        catalogue: Catalogue, family: AddressFamily? = nil, mostRules: Int = RuleSetBuilder.mostRules,
        facts: FactHandling = .open, sets: SetCatalogue? = nil, backend: RuleBackend = .legacy
    ) {
        self.catalogue = catalogue
        self.family = family
        self.mostRules = mostRules
        self.facts = facts
        self.sets = sets
        self.backend = backend
    }

    /// The rule set, nil if there is an error among the diagnostics. Of a script for both families the one that comes
    /// first, unless the builder is for one.
    public func build(_ file: SourceFile) -> (ruleSet: RuleSet?, diagnostics: [Diagnostic]) {
        var diagnostics = DiagnosticCollector(file: file)
        let syntax = RuleFileParser(file).parse(&diagnostics)
        return build(syntax, diagnostics)
    }

    /// - Parameter diagnostics: those of the parser.
    public func build(
        _ syntax: RuleFileSyntax, _ diagnostics: consuming DiagnosticCollector
    ) -> (ruleSet: RuleSet?, diagnostics: [Diagnostic]) {
        let (ruleSet, errorCount, diagnostics) = buildSoundTables(syntax, diagnostics)
        return (errorCount == 0 ? ruleSet : nil, diagnostics)
    }

    /// The tables that have no errors in them, whatever is wrong with the others.
    /// - Parameter diagnostics: those of the parser.
    public func buildSoundTables(
        _ syntax: RuleFileSyntax, _ diagnostics: consuming DiagnosticCollector
    ) -> (ruleSet: RuleSet, errorCount: Int, diagnostics: [Diagnostic]) {
        let family = family ?? RuleFamily.detect(syntax)
        let sets = sets(syntax, &diagnostics)
        var reader = reader(syntax, family, sets, diagnostics)
        let tables = reader.read()
        return (
            RuleSet(
                family: family, file: syntax.file, tables: tables, sets: sets, backend: backend),
            reader.diagnostics.errorCount,
            reader.diagnostics.diagnostics
        )
    }

    /// Every rule set that the file makes: a script may make one of each family, IPv4 first. None if there is an error
    /// among the diagnostics.
    public func buildAll(_ file: SourceFile) -> (ruleSets: [RuleSet], diagnostics: [Diagnostic]) {
        var diagnostics = DiagnosticCollector(file: file)
        let syntax = RuleFileParser(file).parse(&diagnostics)
        let families = syntax.script.map { commands in
            [AddressFamily.ipv4, .ipv6].filter { family in commands.contains { $0.family == family } }
        }
        guard family == nil, let families, families.count > 1 else {
            let built = build(syntax, diagnostics)
            return ([built.ruleSet].compactMap { $0 }, built.diagnostics)
        }
        var ruleSets: [RuleSet] = []
        let sets = sets(syntax, &diagnostics)
        for family in families {
            var reader = reader(syntax, family, sets, diagnostics)
            ruleSets.append(
                RuleSet(
                    family: family, file: file, tables: reader.read(), sets: sets, backend: backend))
            diagnostics = reader.diagnostics
        }
        return (diagnostics.errorCount == 0 ? ruleSets : [], diagnostics.diagnostics)
    }

    private func reader(
        _ syntax: RuleFileSyntax, _ family: AddressFamily, _ sets: SetCatalogue?,
        _ diagnostics: consuming DiagnosticCollector
    ) -> RuleFileReader {
        RuleFileReader(
            syntax, family: family, extensions: ExtensionIndex(catalogue, family: family),
            mostRules: mostRules, facts: facts, sets: sets, backend: backend, diagnostics: diagnostics)
    }

    /// The sets that are there when all `ipset` commands of a script are done.
    private func sets(
        _ syntax: RuleFileSyntax, _ diagnostics: inout DiagnosticCollector
    ) -> SetCatalogue? {
        guard !syntax.setCommands.isEmpty else { return sets }
        return SetCommands.run(syntax.setCommands, from: sets, &diagnostics)
    }
}

/// Goes through the lines of a file, table by table.
struct RuleFileReader {
    let syntax: RuleFileSyntax
    var file: SourceFile { syntax.file }
    let family: AddressFamily
    let extensions: ExtensionIndex
    let mostRules: Int
    let facts: FactHandling
    let sets: SetCatalogue?
    let backend: RuleBackend
    let changedSets: Set<String>
    var diagnostics: DiagnosticCollector
    var table: TableDraft?
    private var tables: [Table] = []
    private var seen: [TableKind: SourceRange] = [:]
    /// Lines belong to a table whose name isn't known.
    private var isSkippingTable = false
    /// Errors that were there before the table began.
    private var errorsBefore = 0
    private var hasInvalidLine = false
    var ruleCount = 0
    /// How many rules `-D` and `-C` looked at.
    var searchCount = 0
    var missingChains = MissingChains()
    /// Nil until a chain is missing.
    var declarations: ChainDeclarations?
    /// Whether each command is one of its own, as in a script.
    let isOfScript: Bool
    /// Whether the command at hand may ask for what isn't there.
    var isTolerant = false

    init(
        _ syntax: RuleFileSyntax, family: AddressFamily, extensions: ExtensionIndex, mostRules: Int,
        facts: FactHandling = .open, sets: SetCatalogue? = nil, backend: RuleBackend = .legacy,
        diagnostics: consuming DiagnosticCollector
    ) {
        self.syntax = syntax
        isOfScript = syntax.script != nil
        self.family = family
        self.extensions = extensions
        self.mostRules = mostRules
        self.facts = facts
        self.sets = sets
        self.backend = backend
        changedSets = sets.map { syntax.changedSets(among: $0) } ?? []
        self.diagnostics = diagnostics
    }

    /// - Parameter beforeLine: called with the reader standing before each line of a rule file.
    mutating func read(beforeLine: ((RuleFileReader, LineSyntax) -> Void)? = nil) -> [Table] {
        if let script = syntax.script { return read(script) }
        var lastRange = SourceRange(0, 0)
        for line in syntax.lines {
            if diagnostics.isFull { return [] }
            beforeLine?(self, line)
            switch line.kind {
            case .blank, .comment: continue
            case .invalid:
                hasInvalidLine = true
                if seemsToDeclare(line) { missingChains.mayBeMade = true }
            case .table(let name): begin(name)
            case .commit: commit(line.range)
            case .chain(let chain): if isInTable(line.range) { declare(chain) }
            case .command(let command):
                if isInTable(line.range) {
                    let place = CommandPlace(range: file.range(ofLine: line.number), line: line.number)
                    read(command, at: place)
                }
            }
            lastRange = line.range
        }
        if table != nil || isSkippingTable {
            diagnostics.error(
                "the file ends without COMMIT", at: lastRange, code: "FW006",
                notes: table.map { [.init("the table begins here", at: $0.range)] } ?? [])
            finishTable()
        }
        return tables
    }

    /// Whether a line that can't be read looks as if it declared a chain.
    private func seemsToDeclare(_ line: LineSyntax) -> Bool {
        let text = String(
            decoding: file.bytes[line.range.lower..<line.range.upper].prefix(200), as: UTF8.self)
        return text.hasPrefix(":") || text.contains("- [")
    }

    private mutating func isInTable(_ range: SourceRange) -> Bool {
        if table == nil, !isSkippingTable {
            diagnostics.error("no table has begun: a line such as *filter must stand before", at: range)
            isSkippingTable = true
        }
        return table != nil
    }

    private mutating func begin(_ name: Word) {
        if let open = table {
            diagnostics.error(
                "COMMIT is missing before this table", at: name.range, code: "FW006",
                notes: [.init("the table that it should end", at: open.range)])
            finishTable()
        }
        isSkippingTable = false
        hasInvalidLine = false
        missingChains = MissingChains()
        errorsBefore = diagnostics.errorCount
        guard let kind = TableKind(rawValue: name.text) else {
            let names = TableKind.allCases.map(\.rawValue)
            diagnostics.error(
                "unknown table \"\(name.text)\"", at: name.range,
                suggestion: Spelling.closest(to: name.text, among: names),
                notes: [.init("the tables are \(names.joined(separator: ", "))")])
            isSkippingTable = true
            return
        }
        if let first = seen[kind] {
            diagnostics.error(
                "the table \(kind.rawValue) stands twice in this file", at: name.range, code: "FW006",
                notes: [.init("first here", at: first)])
        } else {
            seen[kind] = name.range
        }
        table = TableDraft(kind, range: name.range)
    }

    private mutating func commit(_ range: SourceRange) {
        if table == nil, !isSkippingTable {
            diagnostics.error("COMMIT without a table", at: range, code: "FW006")
        }
        finishTable()
    }

    private mutating func finishTable() {
        isSkippingTable = false
        guard let finished = table else { return }
        table = nil
        if let sound = finish(finished) { tables.append(sound) }
    }

    /// Nil if there is an error in it; of a script, if there is one anywhere.
    mutating func finish(_ finished: TableDraft) -> Table? {
        missingChains.finish(&diagnostics)
        missingChains = MissingChains()
        let graph = ChainGraph(finished)
        let hasNoLoops = graph.reportLoops(&diagnostics)
        guard hasNoLoops, graph.reportMisplaced(&diagnostics), !hasInvalidLine,
            diagnostics.errorCount == errorsBefore
        else { return nil }
        return finished.table()
    }
}
