/// Counters of `iptables-save -c` texts.
enum MeasuredCounters {
    /// The rules with the counters that `saved` has for them, and otherwise as they are written.
    static func apply(_ saved: String, to rules: [String]) -> [String] {
        let counters = read(saved.split(separator: "\n").map(String.init))
        var reader = Places()
        return rules.map { line in
            guard let place = reader.place(of: line) else { return line }
            let counter = counters[place] ?? "[0:0]"
            if line.hasPrefix(":") {
                return line.split(separator: " ").prefix(2).joined(separator: " ") + " " + counter
            }
            return counter + " " + Places.withoutCounter(line)
        }
    }

    /// By place; policies of base chains and rules only.
    static func read(_ lines: [String]) -> [String: String] {
        var reader = Places()
        var counters: [String: String] = [:]
        for line in lines {
            guard let place = reader.place(of: line) else { continue }
            counters[place] = String(line.drop { $0 != "[" }.prefix { $0 != "]" }) + "]"
        }
        return counters
    }

    /// Names the rules of a text: `filter:FORWARD:3`.
    private struct Places {
        private var table = ""
        private var numbers: [String: Int] = [:]

        static func withoutCounter(_ line: String) -> String {
            guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return line }
            return String(line[line.index(after: end)...].drop { $0 == " " })
        }

        mutating func place(of line: String) -> String? {
            let words = Places.withoutCounter(line).split(separator: " ").map(String.init)
            guard let first = words.first else { return nil }
            if first.hasPrefix("*") {
                table = String(first.dropFirst())
                numbers = [:]
            } else if first.hasPrefix(":"), words.count > 1, words[1] != "-" {
                return "\(table):\(first.dropFirst()) policy"
            } else if first == "-A" {
                numbers[words[1], default: 0] += 1
                return "\(table):\(words[1]):\(numbers[words[1], default: 0])"
            }
            return nil
        }
    }
}
