/// A query on its way.
struct DNSQuery: Sendable {
    var id: RequestID
    /// As it came.
    var bytes: [UInt8]
    var message: DNSMessage
    var question: DNSMessage.Question
    var facts: RequestFacts
    var decision = PolicyDecision(action: .deny)
    /// Of its response, in presentation format; nil before it.
    private var answers: [String]?

    private static let refused: UInt8 = 5
    private static let serverFailure: UInt8 = 2
    /// Of a record: a transfer may have any number.
    private static let mostAnswers = 100

    init(
        id: RequestID, bytes: [UInt8], message: DNSMessage, question: DNSMessage.Question, facts: RequestFacts
    ) {
        self.id = id
        self.bytes = bytes
        self.message = message
        self.question = question
        self.facts = facts
    }

    /// AXFR and IXFR have many responses.
    var isTransfer: Bool { question.type == 251 || question.type == 252 }

    mutating func addFacts() {
        facts.set(.name, question.name.text)
        facts[.type] = DNSMnemonic.typeSpellings(question.type).map { .text($0) }
        facts.set(.class, DNSMnemonic.class(question.class))
        facts.set(.labelLength, number: Int64(question.name.longestLabel))
        facts.set(.nameLength, number: Int64(question.name.length))
    }

    /// Takes a response's answers in.
    mutating func add(_ response: DNSMessage) {
        facts[.answers] = response.answers.flatMap { answer in
            [.text(answer.text)] + (answer.address.map { [.address($0)] } ?? [])
        }
        facts.stage = .responseBody
        let room = DNSQuery.mostAnswers - (answers?.count ?? 0)
        answers = (answers ?? []) + response.answers.prefix(max(room, 0)).map(\.text)
    }

    func isRebinding(_ answer: DNSMessage.Answer) -> Bool {
        answer.address.map { DNSSuspicion.isRebinding(question.name, $0) } ?? false
    }

    var record: [(name: PolicyField, value: RecordValue)] {
        var fields: [(name: PolicyField, value: RecordValue)] = [
            (.name, .text(question.name.text)), (.type, .text(DNSMnemonic.type(question.type))),
            (.class, .text(DNSMnemonic.class(question.class))),
        ]
        if let answers { fields.append((.answers, .list(answers))) }
        return fields
    }

    var refusal: [UInt8] { response(DNSQuery.refused) }
    var failure: [UInt8] { response(DNSQuery.serverFailure) }

    private func response(_ code: UInt8) -> [UInt8] {
        DNSMessage.response(to: bytes, questionLength: message.questionLength, code: code)
    }
}

/// Messages in a stream, each behind its length in two octets (RFC 1035, 4.2.2).
struct DNSFraming: Sendable {
    private var input: [UInt8] = []

    var count: Int { input.count }

    mutating func append(_ bytes: [UInt8]) { input += bytes }

    /// What the next message takes with its length; nil if that isn't there yet.
    var needed: Int? { input.count < 2 ? nil : 2 + (Int(input[0]) << 8 | Int(input[1])) }

    mutating func next() -> [UInt8]? {
        guard let needed, input.count >= needed else { return nil }
        let message = Array(input[2..<needed])
        input.removeFirst(needed)
        return message
    }

    mutating func takeAll() -> [UInt8] {
        defer { input = [] }
        return input
    }

    /// Whether what is there can be a query, as far as it goes.
    var looksLikeQuery: Bool {
        if let needed, needed < 2 + DNSMessage.headerLength { return false }
        return DNSMessage.looksLikeQuery(input.dropFirst(2))
    }

    static func frame(_ message: [UInt8], _ transport: SessionTransport) -> [UInt8] {
        guard transport == .tcp, !message.isEmpty else { return message }
        return [UInt8(message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
    }
}
