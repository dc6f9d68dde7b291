internal import RuleModel

/// The names of interfaces, parted so that no pattern of the rules tells two names of one part from each other: each
/// name that a rule writes out; for each `eth+`, the other names that begin so; all other names; and no name at all.
struct InterfaceAtoms {
    /// A name out of each part. The first is the empty one: no interface.
    let names: [String]
    private let exact: Set<String>
    private let prefixes: Set<String>
    /// The part of each written-out name.
    private let exactNumbers: [String: Int]
    /// The part of the other names behind each prefix; that of names without any is behind the empty one.
    private let otherNumbers: [String: Int]

    /// IFNAMSIZ less its zero byte (`linux/if.h`).
    private static let longestName = 15
    /// Names for what no rule names, ordinary ones first.
    private static let ordinary =
        ["eth0", "eth1", "eth2", "wan0", "lan0", "dummy0"]
        + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-".map { "\($0)0" }

    init(_ patterns: Set<InterfacePattern>) {
        let exact = Set(patterns.filter { !$0.isPrefix && !$0.text.isEmpty }.map(\.text))
        let prefixes = Set(patterns.filter(\.isPrefix).map(\.text))
        var parts = exact.map { (name: $0, prefix: nil as String?) }
        for prefix in prefixes.union([""]) {
            let digits = (0...exact.count + prefixes.count).lazy.map { prefix + String($0) }
            let tries = prefix.isEmpty ? InterfaceAtoms.ordinary : [prefix] + digits
            let other = tries.first { name in
                name.utf8.count <= InterfaceAtoms.longestName && !exact.contains(name)
                    && InterfaceAtoms.longest(of: prefixes, name) == prefix
            }
            if let other { parts.append((other, prefix)) }
        }
        parts.sort { $0.name < $1.name }
        names = [""] + parts.map(\.name)
        var (exactNumbers, otherNumbers): ([String: Int], [String: Int]) = ([:], [:])
        for (index, part) in parts.enumerated() {
            if let prefix = part.prefix {
                otherNumbers[prefix] = index + 1
            } else {
                exactNumbers[part.name] = index + 1
            }
        }
        (self.exact, self.prefixes) = (exact, prefixes)
        (self.exactNumbers, self.otherNumbers) = (exactNumbers, otherNumbers)
    }

    var bits: Int { Int.bitWidth - (names.count - 1).leadingZeroBitCount }

    func matching(_ pattern: InterfacePattern) -> NumberSet {
        NumberSet(names.indices.filter { pattern.matches(names[$0]) }.map { UInt32($0)...UInt32($0) })
    }

    /// The part that a name is in; nil for a name that no interface can have.
    func number(of name: String) -> Int? {
        if name.isEmpty { return 0 }
        return exactNumbers[name] ?? otherNumbers[InterfaceAtoms.longest(of: prefixes, name)]
    }

    /// Some of the parts in words: `eth0`, `ppp+`, `ppp+ (others)` for the names behind a prefix that no rule writes out.
    func words(_ numbers: Set<UInt128>) -> String {
        var left = numbers
        var words: [String] = []
        if left.remove(0) != nil { words.append("none") }
        for prefix in prefixes.sorted() where !prefix.isEmpty {
            let parts = names.indices.filter { $0 > 0 && names[$0].utf8.starts(with: prefix.utf8) }.map { UInt128($0) }
            if !parts.isEmpty, left.isSuperset(of: parts) {
                words.append("\(prefix)+")
                left.subtract(parts)
            }
        }
        for number in left.sorted() {
            let open = otherNumbers.first { $0.value == Int(number) }
            if let open {
                words.append(open.key.isEmpty ? "any other" : "\(open.key)+ (others)")
            } else {
                words.append(names[Int(number)])
            }
        }
        return words.joined(separator: ",")
    }

    /// The longest of the prefixes that a name begins with; the empty text if there is none.
    private static func longest(of prefixes: Set<String>, _ name: String) -> String {
        let bytes = Array(name.utf8)
        for length in stride(from: min(bytes.count, longestName + 1), through: 1, by: -1) {
            let prefix = String(decoding: bytes[..<length], as: UTF8.self)
            if prefixes.contains(prefix) { return prefix }
        }
        return ""
    }
}
