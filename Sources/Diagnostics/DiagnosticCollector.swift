/// Collects what is to be said about one file, and stops a hostile file from saying too much.
public struct DiagnosticCollector: Sendable {
    public let file: SourceFile
    public private(set) var diagnostics: [Diagnostic] = []
    public private(set) var errorCount = 0
    private var warningCount = 0
    private let limit: Int

    /// - Parameter limit: of errors, and of warnings. Warnings over it are left out, with a note that says so.
    public init(file: SourceFile, limit: Int = 200) {
        self.file = file
        self.limit = limit
    }

    /// Whether the limit of errors is reached: whoever reads the file stops.
    public var isFull: Bool { errorCount >= limit }

    public mutating func error(
        _ message: String, at range: SourceRange, code: String = "FW001", suggestion: String? = nil,
        notes: [Diagnostic.Note] = []
    ) {
        add(
            Diagnostic(
                code: code, severity: .error, message: message, file: file, range: range, notes: notes,
                suggestion: suggestion))
    }

    public mutating func warning(
        _ message: String, at range: SourceRange, code: String = "FW001", notes: [Diagnostic.Note] = []
    ) {
        add(
            Diagnostic(
                code: code, severity: .warning, message: message, file: file, range: range, notes: notes))
    }

    public mutating func add(_ diagnostic: Diagnostic) {
        switch diagnostic.severity {
        case .error:
            guard errorCount < limit else { return }
            errorCount += 1
            diagnostics.append(diagnostic)
            if errorCount == limit {
                addNote("\(limit) errors; the rest of the file was not read", diagnostic)
            }
        case .warning:
            warningCount += 1
            guard warningCount <= limit else { return }
            diagnostics.append(diagnostic)
            if warningCount == limit { addNote("\(limit) warnings; further ones are left out", diagnostic) }
        case .note, .info:
            diagnostics.append(diagnostic)
        }
    }

    /// - Parameter index: in `diagnostics`.
    public mutating func append(_ note: Diagnostic.Note, to index: Int) {
        diagnostics[index].notes.append(note)
    }

    private mutating func addNote(_ message: String, _ last: Diagnostic) {
        diagnostics.append(
            Diagnostic(code: "", severity: .note, message: message, file: file, range: last.range))
    }
}
