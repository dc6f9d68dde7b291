import Packets
import TestSupport

/// Rule sets as `iptables-restore` reads them: all tables, user chains that call later ones, and the matches and targets of
/// which a packet tells the outcome.
///
/// `~` stands for the number of the load: names that the kernel keeps beyond the rules (sets, lists of `recent`, tables of
/// `hashlimit`) are new ones each time.
struct RandomRuleText {
    var random: SeededGenerator
    let family: AddressFamily
    /// The kinds of the sets that rules may name, as `ipset` spells them.
    var setTypes: [String] = []

    init(random: SeededGenerator, family: AddressFamily) {
        self.random = random
        self.family = family
    }

    /// How the rule begins that has connection tracking on in every set, as the probes ask for states.
    static let trackingRule = "-A FORWARD -m conntrack --ctstate INVALID"

    /// Every table, so that one rule set replaces another whole.
    mutating func text() -> String {
        let tables: [(name: String, chains: [String])] = [
            ("raw", ["PREROUTING", "OUTPUT"]),
            ("mangle", ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
            ("nat", ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
            ("filter", ["INPUT", "FORWARD", "OUTPUT"]),
            ("security", ["INPUT", "FORWARD", "OUTPUT"]),
        ]
        return tables.map { table($0.name, $0.chains) }.joined()
    }

    private mutating func table(_ name: String, _ chains: [String]) -> String {
        var lines = ["*\(name)"]
        for chain in chains {
            // Policies that drop leave little to see.
            lines.append(":\(chain) \(name == "filter" && chance(4) ? "DROP" : "ACCEPT") [0:0]")
        }
        // The kernel refuses a target in a chain that leads to it from a hook which isn't its own.
        let groups: [(hooks: [String], users: [String])] =
            name == "nat"
            ? chains.map { chain in ([chain], users(String(chain.prefix(2)).lowercased(), 3)) }
            : [(chains, users("u", 4))]
        lines += groups.flatMap(\.users).map { ":\($0) - [0:0]" }
        let busy = name == "filter" ? 7 : 3
        for (hooks, users) in groups {
            for chain in hooks {
                for _ in 0..<number(busy) {
                    lines.append(rule(RulePlace(table: name, chain: chain, hooks: [chain]), users[...]))
                }
            }
            for (index, user) in users.enumerated() {
                for _ in 0..<number(4) {
                    lines.append(
                        rule(
                            RulePlace(table: name, chain: user, hooks: hooks), users[(index + 1)...]))
                }
            }
        }
        if name == "filter" {
            lines.append("\(RandomRuleText.trackingRule) -j \(chance(3) ? "DROP" : "ACCEPT")")
        }
        return (lines + ["COMMIT", ""]).joined(separator: "\n")
    }

    private mutating func users(_ prefix: String, _ most: Int) -> [String] {
        (0..<number(most)).map { "\(prefix)\($0)" }
    }

    private mutating func rule(_ place: RulePlace, _ callees: ArraySlice<String>) -> String {
        var words = ["-A \(place.chain)"]
        if chance(5) { words.append("\(not())-s \(address())") }
        if chance(5) { words.append("\(not())-d \(address())") }
        if chance(6), place.mayNameInput { words.append("\(not())-i \(interface())") }
        if chance(6), place.mayNameOutput { words.append("\(not())-o \(interface())") }
        let transport = transport()
        if let transport { words.append(contentsOf: transportWords(transport)) }
        if family == .ipv4, chance(20) { words.append("\(not())-f") }
        for _ in 0..<number(3) {
            let match = match(place)
            // Some matches exclude each other's options, and none may be given twice.
            let isNew = match.split(separator: " ").count < 2 || !words.contains { sameModule($0, match) }
            if isNew { words.append(match) }
        }
        let target = target(place, transport, callees)
        // A translation may say itself what it is for.
        for option in ["-s ", "-d ", "-i "] where target.hasPrefix(option) || target.contains(" " + option) {
            words.removeAll { $0.hasPrefix(option) || $0.hasPrefix("! " + option) }
        }
        words.append(target)
        return words.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func sameModule(_ one: String, _ other: String) -> Bool {
        one.split(separator: " ").prefix(2) == other.split(separator: " ").prefix(2)
    }

    // MARK: Words

    mutating func address() -> String {
        family == .ipv4
            ? pick([
                "10.0.0.0/24", "10.0.0.5/32", "198.51.100.0/24", "192.0.2.1/32", "198.51.100.7/32",
                "10.0.0.0/8", "127.0.0.0/8", "192.0.2.48/28",
            ])
            : pick([
                "2001:db8:1::/64", "2001:db8:1::5/128", "2001:db8:9::/48", "2001:db8::1/128",
                "2001:db8:9::7/128", "::1/128", "2001:db8::40/122",
            ])
    }

    mutating func interface() -> String { pick(["eth0", "eth1", "eth+", "lo"]) }
    mutating func not() -> String { chance(5) ? "! " : "" }
    mutating func number(_ upper: Int) -> Int { Int.random(in: 0..<upper, using: &random) }
    mutating func chance(_ one: Int) -> Bool { number(one) == 0 }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count)] }
}

/// Where a rule stands.
struct RulePlace {
    var table: String
    var chain: String
    /// From which packets may come to it.
    var hooks: [String]

    var isBase: Bool { hooks == [chain] }
    /// Connections aren't known yet in the table raw.
    var isTracked: Bool { table != "raw" }
    var mayNameInput: Bool { hooks.allSatisfy { ["PREROUTING", "INPUT", "FORWARD"].contains($0) } }
    var mayNameOutput: Bool { hooks.allSatisfy { ["OUTPUT", "POSTROUTING", "FORWARD"].contains($0) } }
}
