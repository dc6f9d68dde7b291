/// A test of the packet's own bytes that no field says: the same packet always gets the same answer.
///
/// Two tests are equal if their words are, so the words must tell everything that the answer depends on.
public struct PacketTest: Hashable, Sendable {
    public typealias Body = @Sendable (_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer

    /// What it tests: `routing header of type 0`.
    public let summary: String
    private let body: Body

    /// - Parameter body: its `bytes` are the frame, as the packet's offsets count.
    public init(summary: String, _ body: @escaping Body) {
        self.summary = summary
        self.body = body
    }

    public func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        body(context, bytes)
    }

    public static func == (a: PacketTest, b: PacketTest) -> Bool { a.summary == b.summary }
    public func hash(into hasher: inout Hasher) { hasher.combine(summary) }
}

/// A test of something that no capture tells: who owns the socket, which control group it is in.
public struct FactTest: Hashable, Sendable {
    /// The name of what is missing, as results list it: `owner`.
    public let fact: String
    /// What is asked of it: `owner uid 0-99`.
    public let summary: String

    public init(fact: String, summary: String) {
        self.fact = fact
        self.summary = summary
    }
}

/// What a rule with a test whose fact nobody gave is taken for.
public enum UnknownFacts: Sendable, Hashable {
    /// A rule with such a test doesn't match.
    case under
    /// It matches if its other tests hold.
    case over
}
