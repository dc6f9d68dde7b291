/// The counters of two `iptables-save -c` texts, rule by rule.
public struct CounterComparison: Sendable {
    public struct Difference: Sendable {
        /// `filter:FORWARD:3`, or `filter:FORWARD policy`.
        public var place: String
        /// The rule, as the kernel prints it.
        public var rule: String
        public var simulated: String
        public var kernel: String
    }

    public private(set) var count = 0
    public private(set) var differences: [Difference] = []

    public init(simulated: String, kernel: String) {
        let (ours, theirs) = (Counters(simulated), Counters(kernel))
        for place in ours.order {
            count += 1
            let (one, other) = (ours.values[place], theirs.values[place])
            if one?.counter != other?.counter {
                differences.append(
                    Difference(
                        place: place, rule: other?.rule ?? one?.rule ?? "", simulated: one?.counter ?? "none",
                        kernel: other?.counter ?? "none"))
            }
        }
        for place in theirs.order
        where ours.values[place] == nil && ours.tables.contains(Counters.table(place)) {
            count += 1
            let other = theirs.values[place]
            differences.append(
                Difference(
                    place: place, rule: other?.rule ?? "", simulated: "none", kernel: other?.counter ?? "none"
                ))
        }
    }

    /// One text, taken apart.
    private struct Counters {
        var order: [String] = []
        var values: [String: (counter: String, rule: String)] = [:]
        var tables: Set<String> = []

        static func table(_ place: String) -> String { String(place.prefix { $0 != ":" }) }

        init(_ text: String) {
            var table = ""
            var numbers: [String: Int] = [:]
            for line in text.split(whereSeparator: \.isNewline).map(String.init) {
                if line.hasPrefix("*") {
                    table = String(line.dropFirst())
                    tables.insert(table)
                    numbers = [:]
                } else if line.hasPrefix(":") {
                    let words = line.dropFirst().split(separator: " ").map(String.init)
                    // User chains have no policy, and count nothing.
                    guard words.count == 3, words[1] != "-" else { continue }
                    add("\(table):\(words[0]) policy", words[2], line)
                } else if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                    let rule = line[line.index(after: end)...].drop { $0 == " " }
                    let words = rule.split(separator: " ")
                    guard words.count > 1 else { continue }
                    let number = numbers[String(words[1]), default: 0] + 1
                    numbers[String(words[1])] = number
                    add("\(table):\(words[1]):\(number)", String(line[...end]), String(rule))
                }
            }
        }

        private mutating func add(_ place: String, _ counter: String, _ rule: String) {
            order.append(place)
            values[place] = (counter, rule)
        }
    }
}
