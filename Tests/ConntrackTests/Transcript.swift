import Packets

/// A conversation and what connection tracking says of it; `Fixtures/Conntrack/README.md` tells the format.
struct Transcript {
    struct Step {
        var line: Int
        /// Seconds to wait before the packet.
        var wait: Double
        var packet: PacketLine
        /// The state's name and, perhaps, the direction.
        var expected: [String]
    }

    var sysctls: [(name: String, value: String)] = []
    var steps: [Step] = []
    /// The connections left at the end, each as its words in alphabetical order; nil if the transcript
    /// doesn't say.
    var entries: [[String]]?

    init(_ text: String) throws(TranscriptError) {
        var family = AddressFamily.ipv4
        var ports: (UInt16, UInt16) = (1000, 80)
        var wait = 0.0
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let code = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let words = code.split(separator: " ").map(String.init)
            guard let verb = words.first else { continue }
            switch (verb, words.count) {
            case ("sysctl", 3): sysctls.append((words[1], words[2]))
            case ("family", 2): family = words[1] == "6" ? .ipv6 : .ipv4
            case ("ports", 3): ports = (UInt16(words[1]) ?? 0, UInt16(words[2]) ?? 0)
            case ("wait", 2): wait += Double(words[1]) ?? 0
            case ("entry", 2...):
                entries = (entries ?? []) + (words[1] == "none" ? [] : [words.dropFirst().sorted()])
            case (">", 2...), ("<", 2...):
                let end = words.firstIndex(of: "=") ?? words.count
                let packet = PacketLine(
                    isFromClient: verb == ">", family: family, ports: ports, words: Array(words[1..<end]))
                steps.append(
                    Step(
                        line: number + 1, wait: wait, packet: packet,
                        expected: Array(words.dropFirst(end + 1))))
                wait = 0
            default: throw TranscriptError(line: number + 1)
            }
        }
    }
}

struct TranscriptError: Error {
    var line: Int
}

/// The words that describe a packet.
struct PacketLine {
    var isFromClient: Bool
    var family: AddressFamily
    var ports: (client: UInt16, server: UInt16)
    var words: [String]

    func has(_ word: String) -> Bool { words.contains(word) }

    func text(_ key: String) -> String? {
        words.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    func number(_ key: String, default value: Int) -> Int { text(key).flatMap { Int($0) } ?? value }
}
