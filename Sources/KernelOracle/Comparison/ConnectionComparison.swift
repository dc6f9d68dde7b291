/// The connections of two `conntrack -L -o extended` texts, without their timers and the kernel's references.
public struct ConnectionComparison: Sendable {
    public struct Difference: Sendable {
        /// Nil if only the kernel has the connection.
        public var simulated: String?
        /// Nil if only the simulation has it.
        public var kernel: String?
    }

    public private(set) var count = 0
    public private(set) var differences: [Difference] = []

    /// - Parameter drawn: which lines of the simulation's text, from 0, are of connections over whose translation the kernel
    ///   draws lots: of their answers' tuple there is nothing to agree.
    public init(simulated: String, drawn: Set<Int> = [], kernel: String) {
        let ours = simulated.split(whereSeparator: \.isNewline).map { Entry(String($0)) }
        var theirs: [String: [Entry]] = [:]
        var order: [String] = []
        for line in kernel.split(whereSeparator: \.isNewline) {
            let entry = Entry(String(line))
            order.append(entry.original)
            theirs[entry.original, default: []].append(entry)
        }
        for (number, entry) in ours.enumerated() {
            count += 1
            guard let other = theirs[entry.original]?.first else {
                differences.append(Difference(simulated: entry.text, kernel: nil))
                continue
            }
            theirs[entry.original]?.removeFirst()
            let isSame =
                drawn.contains(number) ? entry.standing == other.standing : entry.text == other.text
            if !isSame { differences.append(Difference(simulated: entry.text, kernel: other.text)) }
        }
        for original in order {
            guard let entry = theirs[original]?.first else { continue }
            theirs[original]?.removeFirst()
            count += 1
            differences.append(Difference(simulated: nil, kernel: entry.text))
        }
    }

    /// One line, taken apart.
    private struct Entry {
        var text: String
        /// The protocol and the tuple of the connection's first direction, which no other connection has.
        var original: String
        /// All but the tuple of the answers.
        var standing: String

        init(_ line: String) {
            // Family and protocol by name and number, seconds left.
            var words = line.split(separator: " ").map(String.init)
            if words.count > 4 { words.remove(at: 4) }
            words.removeAll { $0.hasPrefix("use=") }
            let tuples = words.indices.filter { words[$0].hasPrefix("src=") }
            let ends = tuples.map { start in
                words[start...].firstIndex { word in
                    ![
                        "src=", "dst=", "sport=", "dport=", "type=", "code=", "id=", "srckey=", "dstkey=",
                        "zone-",
                    ]
                    .contains { word.hasPrefix($0) }
                } ?? words.endIndex
            }
            text = words.joined(separator: " ")
            original = text
            standing = text
            guard tuples.count == 2 else { return }
            let zone = words.last { $0.hasPrefix("zone=") } ?? ""
            original = (words.prefix(4) + words[tuples[0]..<ends[0]] + [zone]).joined(separator: " ")
            standing = (words[..<tuples[1]] + words[ends[1]...]).joined(separator: " ")
        }
    }
}
