public import Diagnostics
public import RuleModel

/// What a lint has to say about one place of a rule file.
public struct Finding: Sendable {
    public let lint: LintDescription
    public var severity: Severity
    public var confidence: Confidence
    public var message: String
    public let range: SourceRange
    /// The rule, or the chain, that it is about; nil for one about the text alone.
    public let subject: Subject?
    /// The places that cause it.
    public var related: [Related]
    /// A packet for which it holds.
    public var witness: Witness?
    /// Why no packet speaks against it.
    public var proof: String?
    public var fix: Fix?

    /// Causes beyond this many are left out.
    static let mostRelated = 8

    public init(
        _ lint: LintDescription, _ message: String, at range: SourceRange, subject: Subject? = nil,
        severity: Severity? = nil, confidence: Confidence = .proved, related: [Related] = [],
        witness: Witness? = nil, proof: String? = nil, fix: Fix? = nil
    ) {
        self.lint = lint
        self.severity = severity ?? lint.severity
        self.confidence = confidence
        self.message = message
        self.range = range
        self.subject = subject
        self.related = related
        self.witness = witness
        self.proof = proof
        self.fix = fix
    }

    public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
        case info, warning, error

        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

        private var rank: Int { Severity.allCases.firstIndex(of: self)! }
    }

    public enum Confidence: String, Sendable, Hashable {
        /// The packet sets leave no doubt.
        case proved
        /// It rests on what the sets don't know: the packets before (`limit`), or the host (`addrtype`).
        case likely
    }

    public struct Subject: Sendable, Hashable {
        public let table: TableKind
        public let chain: String
        /// From 1, as `iptables -L --line-numbers` counts; nil for the chain itself.
        public let number: Int?

        public init(table: TableKind, chain: String, number: Int? = nil) {
            self.table = table
            self.chain = chain
            self.number = number
        }
    }

    public struct Related: Sendable, Hashable {
        public let message: String
        public let range: SourceRange
        public let subject: Subject?

        public init(_ message: String, at range: SourceRange, subject: Subject? = nil) {
            self.message = message
            self.range = range
            self.subject = subject
        }
    }

    public struct Witness: Sendable, Hashable {
        /// In the words that `gatehouse explain` takes.
        public let packet: String
        /// What the words can't say: `limit 5/min burst 5 fails`. Mostly empty.
        public let conditions: [String]

        public init(_ packet: String, where conditions: [String] = []) {
            self.packet = packet
            self.conditions = conditions
        }
    }

    public struct Fix: Sendable {
        /// Proved not to change the treatment of any packet.
        public let isSafe: Bool
        /// What it does, in the imperative.
        public let title: String
        /// They don't overlap.
        public let edits: [Edit]

        public init(isSafe: Bool, _ title: String, _ edits: [Edit]) {
            self.isSafe = isSafe
            self.title = title
            self.edits = edits
        }
    }

    public struct Edit: Sendable, Hashable {
        public let range: SourceRange
        public let replacement: String

        public init(_ range: SourceRange, _ replacement: String) {
            self.range = range
            self.replacement = replacement
        }
    }
}
