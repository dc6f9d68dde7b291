import Packets

/// A file of `Fixtures/Semantics`: a fact about netfilter, and cases that show it. `Fixtures/Semantics/README.md` tells the
/// format.
struct Measurement {
    /// The lines of the file; those that say what the kernel did are written again when it is asked.
    private(set) var lines: [String]
    private(set) var cases: [Case] = []

    struct Case {
        var name: String
        var family = AddressFamily.ipv4
        /// Nil for both.
        var backend: String?
        /// `mtu`, `address`, `route` and `no default` lines, as words.
        var host: [[String]] = []
        var settings: [(name: String, value: String)] = []
        /// The rules with the counters that they have in the end.
        var rules: [String] = []
        var ruleLines = 0..<0
        var steps: [Step] = []
        /// Sorted; nil where the file doesn't tell.
        var connections: [String]?
        var connectionLines = 0..<0
        var sets = ""
        /// Where the case ends.
        var end = 0

        /// What `iptables-save -c` prints.
        var text: String { rules.joined(separator: "\n") + "\n" }
    }

    struct Step {
        var line: Int
        /// Nil for a packet of the host's own.
        var interface: String?
        var words: String
        /// Seconds since the packet before.
        var wait = 0.0
        /// The source ports one of which the kernel draws.
        var drawn: ClosedRange<UInt16>?
        /// What happened to it: a line that begins with `=`, and lines behind it that are indented.
        var outcome: [String] = []
        var outcomeLines = 0..<0
    }

    struct Failure: Error { var text: String }

    init(_ text: String) throws {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        var index = 0
        while index < lines.count {
            try read(&index)
            index += 1
        }
        if !cases.isEmpty { cases[cases.count - 1].end = lines.count }
    }

    /// The first line.
    var title: String { String(lines.first?.drop { $0 == "#" || $0 == " " } ?? "") }

    private mutating func read(_ index: inout Int) throws {
        let line = lines[index]
        let words = line.split(separator: " ").map(String.init)
        guard let verb = words.first, !verb.hasPrefix("#") else { return }
        if verb == "case" {
            if !cases.isEmpty { cases[cases.count - 1].end = index }
            cases.append(Case(name: String(line.dropFirst(5))))
            return
        }
        guard !cases.isEmpty else { throw Failure(text: "line \(index + 1): no case yet") }
        let last = cases.count - 1
        switch verb {
        case "family": cases[last].family = words[1] == "6" ? .ipv6 : .ipv4
        case "backend": cases[last].backend = words[1]
        case "mtu", "address", "route", "no": cases[last].host.append(words)
        case "sysctl": cases[last].settings.append((words[1], words[2]))
        case "set": cases[last].sets += line.dropFirst(4) + "\n"
        case "rules":
            cases[last].ruleLines = try block(&index)
            cases[last].rules = Array(lines[cases[last].ruleLines])
        case "connections":
            cases[last].connectionLines = try block(&index)
            cases[last].connections = lines[cases[last].connectionLines].sorted()
        case "in", "out", "wait", "drawn", "=": try readStep(verb, words, &index, last)
        default: throw Failure(text: "line \(index + 1): \(line)")
        }
    }

    private var wait = 0.0

    private mutating func readStep(
        _ verb: String, _ words: [String], _ index: inout Int, _ last: Int
    ) throws {
        let steps = cases[last].steps.count
        switch verb {
        case "wait": wait = Double(words[1]) ?? 0
        case "drawn":
            let bounds = words[1].split(separator: "-").compactMap { UInt16($0) }
            guard bounds.count == 2, steps > 0 else { throw Failure(text: "line \(index + 1)") }
            cases[last].steps[steps - 1].drawn = bounds[0]...bounds[1]
            cases[last].steps[steps - 1].outcomeLines = index + 1..<index + 1
        case "=":
            guard steps > 0 else { throw Failure(text: "line \(index + 1): no packet") }
            let start = index
            while index + 1 < lines.count, lines[index + 1].hasPrefix("  ") { index += 1 }
            cases[last].steps[steps - 1].outcomeLines = start..<index + 1
            cases[last].steps[steps - 1].outcome = Array(lines[start...index])
        default:
            let isSent = verb == "out"
            var step = Step(
                line: index + 1, interface: isSent ? nil : words[1],
                words: words.dropFirst(isSent ? 1 : 2).joined(separator: " "), wait: wait)
            step.outcomeLines = index + 1..<index + 1
            cases[last].steps.append(step)
            wait = 0
        }
    }

    /// The lines up to `end`.
    private func block(_ index: inout Int) throws -> Range<Int> {
        let start = index + 1
        while index < lines.count, lines[index] != "end" { index += 1 }
        guard index < lines.count else { throw Failure(text: "line \(start): no end") }
        return start..<index
    }

    // MARK: Recording

    /// The file with what was observed of its cases, in their order.
    func text(with observed: [MeasuredRun]) -> String {
        var lines = lines
        for (measured, run) in zip(cases, observed).reversed() {
            var changes: [(Range<Int>, [String])] = [
                (measured.ruleLines, MeasuredCounters.apply(run.saved, to: measured.rules))
            ]
            if measured.connections != nil { changes.append((measured.connectionLines, run.connections)) }
            for (step, outcome) in zip(measured.steps, run.outcomes) {
                changes.append((step.outcomeLines, outcome))
            }
            for (range, replacement) in changes.sorted(by: { $0.0.lowerBound > $1.0.lowerBound }) {
                lines.replaceSubrange(range, with: replacement)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
