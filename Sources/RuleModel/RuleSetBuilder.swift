public import Diagnostics
public import Packets
public import RuleSyntax

/// Makes a rule set of a rule file, and reports everything that is wrong with it in one run.
public struct RuleSetBuilder: Sendable {
    private let catalogue: Catalogue
    private let family: AddressFamily?
    private let mostRules: Int

    /// - Parameters:
    ///   - family: nil to find it out with `RuleFamily.detect`.
    ///   - mostRules: the limit for one file; lists of addresses multiply rules.
    public init(catalogue: Catalogue, family: AddressFamily? = nil, mostRules: Int = 2_000_000) {
        self.catalogue = catalogue
        self.family = family
        self.mostRules = mostRules
    }

    /// The rule set, nil if there is an error among the diagnostics.
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
        var reader = RuleFileReader(
            syntax, family: family, extensions: ExtensionIndex(catalogue, family: family),
            mostRules: mostRules,
            diagnostics: diagnostics)
        let tables = reader.read()
        return (
            RuleSet(family: family, file: syntax.file, tables: tables), reader.diagnostics.errorCount,
            reader.diagnostics.diagnostics
        )
    }
}

/// Goes through the lines of a file, table by table.
struct RuleFileReader {
    let syntax: RuleFileSyntax
    let family: AddressFamily
    let extensions: ExtensionIndex
    let mostRules: Int
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

    init(
        _ syntax: RuleFileSyntax, family: AddressFamily, extensions: ExtensionIndex, mostRules: Int,
        diagnostics: consuming DiagnosticCollector
    ) {
        self.syntax = syntax
        self.family = family
        self.extensions = extensions
        self.mostRules = mostRules
        self.diagnostics = diagnostics
    }

    mutating func read() -> [Table] {
        var lastRange = SourceRange(0, 0)
        for line in syntax.lines {
            if diagnostics.isFull { return [] }
            switch line.kind {
            case .blank, .comment: continue
            case .invalid: hasInvalidLine = true
            case .table(let name): begin(name)
            case .commit: commit(line.range)
            case .chain(let chain): if isInTable(line.range) { declare(chain) }
            case .command(let command): if isInTable(line.range) { read(command, line) }
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
        let graph = ChainGraph(finished)
        let hasNoLoops = graph.reportLoops(&diagnostics)
        if hasNoLoops, graph.reportMisplaced(&diagnostics), !hasInvalidLine,
            diagnostics.errorCount == errorsBefore
        {
            tables.append(finished.table())
        }
    }
}
