/// Something to say about a user's text: a value, collected and rendered at the end, never thrown.
public struct Diagnostic: Sendable {
    /// A stable code, such as `FW001`; the lint catalogue lists them.
    public var code: String
    public var severity: Severity
    public var message: String
    public var file: SourceFile
    public var range: SourceRange
    public var notes: [Note]
    /// What to write in place of `range`, if one reading is close.
    public var suggestion: String?

    public enum Severity: String, Sendable, Comparable {
        case note, info, warning, error

        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }
    }

    public struct Note: Sendable {
        public var message: String
        public var range: SourceRange?

        public init(_ message: String, at range: SourceRange? = nil) {
            self.message = message
            self.range = range
        }
    }

    public init(
        code: String, severity: Severity, message: String, file: SourceFile, range: SourceRange,
        notes: [Note] = [],
        suggestion: String? = nil
    ) {
        self.code = code
        self.severity = severity
        self.message = message
        self.file = file
        self.range = range
        self.notes = notes
        self.suggestion = suggestion
    }
}
