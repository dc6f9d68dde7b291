public import Foundation
public import Packets

/// A file of cases, one a line: `rule ; what iptables-save prints ; OK` or `rule ; ; FAIL`. `=` means that the rule is
/// printed as it is. `+create foo hash:ip` makes a set. `:ipv4,ipv6 filter INPUT,FORWARD` says for what follows in which families, table and chains,
/// `% rule` behind it which rule stands there before; `#` begins a comment line. `Scripts/check-tables.py` reads the same.
public struct TableFile: Sendable {
    public struct Case: Sendable {
        public let line: Int
        public let family: AddressFamily
        public let table: String
        public let chain: String
        /// Rules that stand before it.
        public let before: [String]
        public let rule: String
        /// Nil if the rule is to be refused.
        public let saved: String?
    }

    /// What isn't a table line, with its number.
    public struct Malformed: Error {
        public let path: String
        public let line: Int
    }

    /// A line that stands for several families or chains gives as many cases.
    public let cases: [Case]
    /// The commands that make the sets, for `ipset restore`.
    public let sets: String

    public init(_ url: URL) throws {
        var cases: [Case] = []
        var sets = ""
        var places: [(family: AddressFamily, table: String, chain: String)] = []
        var before: [String] = []
        let text = try String(contentsOf: url, encoding: .utf8)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let malformed = Malformed(path: url.path, line: index + 1)
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("+") {
                sets += line.dropFirst() + "\n"
                continue
            }
            if line.hasPrefix(":") {
                let words = line.dropFirst().split(separator: " ")
                guard words.count == 3 else { throw malformed }
                places = try words[0].split(separator: ",").flatMap { name in
                    guard let family = TableFile.families[String(name)] else { throw malformed }
                    return words[2].split(separator: ",").map { (family, String(words[1]), String($0)) }
                }
                before = []
                continue
            }
            if line.hasPrefix("%") {
                before.append(line.dropFirst().trimmingCharacters(in: .whitespaces))
                continue
            }
            let parts = line.split(separator: ";", omittingEmptySubsequences: false)
            guard parts.count >= 3, !places.isEmpty else { throw malformed }
            let rule = parts.dropLast(2).joined(separator: ";").trimmingCharacters(in: .whitespaces)
            let printed = parts[parts.count - 2].trimmingCharacters(in: .whitespaces)
            let saved: String?
            switch parts[parts.count - 1].trimmingCharacters(in: .whitespaces) {
            case "OK": saved = printed == "=" ? rule : printed
            case "FAIL": saved = nil
            default: throw malformed
            }
            cases += places.map {
                Case(
                    line: index + 1, family: $0.family, table: $0.table, chain: $0.chain, before: before,
                    rule: rule, saved: saved)
            }
        }
        self.cases = cases
        self.sets = sets
    }

    private static let families: [String: AddressFamily] = ["ipv4": .ipv4, "ipv6": .ipv6]
}
