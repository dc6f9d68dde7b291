/// A file of packets that rules look up in sets, as `Fixtures/AddressSets/README.md` describes it.
public struct LookupGolden: Sendable {
    public struct Sent: Sendable {
        public let interface: String
        /// An Ethernet frame.
        public let frame: [UInt8]
        /// The numbers of the rules that it matched, from 1.
        public let rules: [Int]
    }

    /// Lines for `ipset restore`.
    public private(set) var sets: [String] = []
    /// Rules of PREROUTING in the table raw.
    public private(set) var rules: [String] = []
    public private(set) var packets: [Sent] = []
    /// The elements at the end, as `ipset save` prints them, sorted.
    public private(set) var contents: [String] = []

    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            switch words[0] {
            case "set": sets.append(words[1])
            case "rule": rules.append(words[1])
            case ">":
                let parts = words[1].split(separator: " ")
                packets.append(
                    Sent(
                        interface: String(parts[0]), frame: bytes(hex: String(parts[1])),
                        rules: parts.dropFirst(3).compactMap { Int($0) }))
            case "=": contents.append(words[1])
            default: break
            }
        }
        contents.sort()
    }
}
