import Gateway

/// Results in the order of the sessions' first packets, though sessions end in another.
struct OrderedResults: Sendable {
    /// Results that wait for those of earlier sessions.
    private static let limit = 1 << 17

    private var waiting: [UInt64: SessionResult] = [:]
    private var next: UInt64 = 1
    /// Those of sessions that the others didn't wait for.
    private var late: [SessionResult] = []

    mutating func add(_ result: SessionResult) {
        if result.number < next { late.append(result) } else { waiting[result.number] = result }
    }

    /// Those that nothing earlier is missing of.
    mutating func take() -> [SessionResult] {
        var ready = late
        late = []
        while let result = waiting.removeValue(forKey: next) {
            ready.append(result)
            next += 1
        }
        // Rather than wait for one session for ever, its result comes late.
        if waiting.count > OrderedResults.limit {
            let numbers = waiting.keys.sorted()
            next = numbers.last! + 1
            ready += numbers.map { waiting[$0]! }
            waiting = [:]
        }
        return ready
    }
}
