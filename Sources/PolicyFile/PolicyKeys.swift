import Gateway

/// The keys of a gateway policy, map by map. The schema for editors has the same.
enum PolicyKeys {
    enum Top: String, CaseIterable { case gateway, listeners, unlisted, limits, rules, `default`, anomalies }

    enum Gateway: String, CaseIterable { case address, open, detect, seed }

    enum Listener: String, CaseIterable { case `protocol`, ports, transport, servers, listen, to, mode }

    enum Rule: String, CaseIterable { case name, when, then, reply, set, remove }

    enum Reply: String, CaseIterable { case status, body }

    /// Of `set` and `remove`.
    enum Edit: String, CaseIterable {
        case requestHeader = "request-header"
        case responseHeader = "response-header"
    }

    /// Of `when`: the words of the fields, by which `answers` goes as `answer`, too.
    static let fields = PolicyField.allCases.map(\.rawValue) + ["answer"]
}

/// Words of the policy language that this version can't judge: errors that say so.
enum FutureNames {
    static let protocols: Set<String> = ["smtp", "ftp", "pop3", "imap"]

    static let fields: Set<String> = [
        "command", "sender", "recipient", "helo", "message-bytes", "attachment-type", "argument",
        "data-address",
    ]

    static let anomalies: Set<String> = Set(
        ["ftp-bounce", "smtp-smuggling"] + protocols.map { "not-\($0)" })
}
