/// One rule of a gateway policy: matches when all of its tests hold.
public struct PolicyRule: Sendable {
    public var name: String
    public var tests: [FieldTest]
    public var action: PolicyAction
    /// What a denial answers, for protocols that have an answer.
    public var reply: DenialReply?
    public var edits: HeaderEdits
    /// From 1, in the policy file.
    public var line: Int

    public init(
        name: String, tests: [FieldTest] = [], action: PolicyAction, reply: DenialReply? = nil,
        edits: HeaderEdits = HeaderEdits(), line: Int = 0
    ) {
        self.name = name
        self.tests = tests
        self.action = action
        self.reply = reply
        self.edits = edits
        self.line = line
    }
}

/// The raw values are the policy's words.
public enum PolicyAction: String, Hashable, Sendable, CaseIterable {
    case allow
    /// A reply in the protocol, then an orderly close.
    case deny
    case reset
    /// Relayed without further inspection.
    case pass
}

public struct DenialReply: Hashable, Sendable {
    /// An HTTP status.
    public var status: Int?
    public var body: String?

    public init(status: Int? = nil, body: String? = nil) {
        self.status = status
        self.body = body
    }
}

/// What an allowed HTTP message gets and loses on its way. Names ignore case.
public struct HeaderEdits: Hashable, Sendable {
    public var setRequest: [Field] = []
    public var setResponse: [Field] = []
    public var removeRequest: [String] = []
    public var removeResponse: [String] = []

    public struct Field: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init() {}

    public var isEmpty: Bool {
        setRequest.isEmpty && setResponse.isEmpty && removeRequest.isEmpty && removeResponse.isEmpty
    }
}
