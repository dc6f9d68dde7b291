import Packets
import TestSupport

/// Rule sets as `iptables-restore` reads them: all tables, user chains that call later ones, and the matches and targets of
/// which a packet tells the outcome.
struct RandomRuleText {
    var random: SeededGenerator
    let family: AddressFamily

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
        let users = (0..<number(4)).map { "u\($0)" }
        var lines = ["*\(name)"]
        for chain in chains {
            // Policies that drop leave little to see.
            lines.append(":\(chain) \(name == "filter" && chance(4) ? "DROP" : "ACCEPT") [0:0]")
        }
        lines += users.map { ":\($0) - [0:0]" }
        let busy = name == "filter" ? 7 : 3
        for chain in chains {
            for _ in 0..<number(busy) { lines.append(rule(name, chain, users[...])) }
        }
        for (index, user) in users.enumerated() {
            for _ in 0..<number(4) { lines.append(rule(name, user, users[(index + 1)...])) }
        }
        if name == "filter" {
            // Connection tracking is on in every set, as the probes ask for states.
            lines.append("-A FORWARD -m conntrack --ctstate INVALID -j \(chance(3) ? "DROP" : "ACCEPT")")
        }
        return (lines + ["COMMIT", ""]).joined(separator: "\n")
    }

    private mutating func rule(_ table: String, _ chain: String, _ callees: ArraySlice<String>) -> String {
        var words = ["-A \(chain)"]
        if chance(4) { words.append("\(not())-s \(address())") }
        if chance(4) { words.append("\(not())-d \(address())") }
        if chance(6), table != "nat", ["PREROUTING", "INPUT", "FORWARD"].contains(chain) {
            words.append("\(not())-i \(interface())")
        }
        if chance(6), ["OUTPUT", "POSTROUTING", "FORWARD"].contains(chain) {
            words.append("\(not())-o \(interface())")
        }
        let transport = transport()
        if let transport { words.append(contentsOf: transportWords(transport)) }
        for _ in 0..<number(3) { words.append(match(table)) }
        words.append(target(table, chain, transport, callees))
        return words.filter { !$0.isEmpty }.joined(separator: " ")
    }

    // MARK: Matches

    private mutating func transport() -> String? {
        let icmp = family == .ipv4 ? "icmp" : "ipv6-icmp"
        return pick([nil, nil, "tcp", "tcp", "udp", icmp, "sctp", "47"])
    }

    private mutating func transportWords(_ transport: String) -> [String] {
        var words = ["-p \(transport)"]
        switch transport {
        case "tcp", "udp":
            if chance(2) {
                words.append(
                    "-m \(transport) \(not())--dport \(pick(["80", "1:1023", "53", "443", "1024:65535"]))")
            } else if chance(3) {
                words.append(
                    "-m multiport \(not())--\(pick(["dports", "sports", "ports"])) \(pick(["80,443", "53,1000:2000", "22"]))"
                )
            }
            if transport == "tcp", chance(3) {
                words.append(
                    pick([
                        "--syn", "! --syn", "--tcp-flags SYN,ACK,FIN,RST RST", "--tcp-flags ALL FIN,PSH,URG",
                        "--tcp-option 2", "! --tcp-option 8",
                    ]))
            }
        case "icmp":
            if chance(2) { words.append("-m icmp \(not())--icmp-type \(pick(["8", "0", "3/3", "11", "3"]))") }
        case "ipv6-icmp":
            if chance(2) {
                words.append("-m icmp6 \(not())--icmpv6-type \(pick(["128", "129", "1", "3", "1/4"]))")
            }
        default: break
        }
        return words
    }

    private mutating func match(_ table: String) -> String {
        let hops = family == .ipv4 ? "-m ttl --ttl" : "-m hl --hl"
        let isLate = table != "raw"
        return pick([
            "-m length --length \(pick(["0:60", "61:200", "40", "1000:65535"]))",
            "\(hops)-\(pick(["lt 64", "gt 63", "eq 63"]))",
            isLate ? "-m connmark \(not())--mark 0x1/0x3" : "",
            "-m mark \(not())--mark \(pick(["0x1", "0x2/0x3", "0x10/0xf0"]))",
            "-m comment --comment x",
            "-m tos \(not())--tos \(pick(["0x10", "0x00/0x3f"]))",
            "-m dscp \(not())--dscp \(pick(["0x04", "0x2e"]))",
            "-m addrtype --dst-type \(pick(["LOCAL", "UNICAST", "MULTICAST"]))",
            "-m pkttype --pkt-type unicast",
            family == .ipv4 ? "-m iprange --src-range 10.0.0.5-10.0.0.9" : "",
            isLate
                ? "-m conntrack --ctstate \(pick(["NEW", "ESTABLISHED", "RELATED", "INVALID", "NEW,RELATED", "UNTRACKED"]))"
                : "",
            isLate
                ? "-m conntrack \(not())--ctstatus \(pick(["SEEN_REPLY", "ASSURED", "CONFIRMED", "NONE"]))"
                : "",
            isLate ? "-m conntrack --ctdir \(pick(["ORIGINAL", "REPLY"]))" : "",
            "-m statistic --mode nth --every \(2 + number(3)) --packet 0",
        ])
    }

    // MARK: Targets

    private mutating func target(
        _ table: String, _ chain: String, _ transport: String?, _ callees: ArraySlice<String>
    ) -> String {
        if let callee = callees.randomElement(using: &random), chance(3) {
            return "-\(pick(["j", "j", "g"])) \(callee)"
        }
        switch table {
        case "filter":
            let icmp =
                family == .ipv4
                ? ["icmp-port-unreachable", "icmp-host-prohibited"]
                : ["icmp6-port-unreachable", "icmp6-adm-prohibited"]
            if chance(4) {
                return "-j REJECT --reject-with \(transport == "tcp" && chance(2) ? "tcp-reset" : pick(icmp))"
            }
            return pick(["-j ACCEPT", "-j ACCEPT", "-j DROP", "-j RETURN", ""])
        case "mangle":
            let hops = family == .ipv4 ? "TTL --ttl" : "HL --hl"
            return pick([
                "-j \(hops)-\(pick(["set 9", "dec 1", "inc 2"]))", "-j TOS --set-tos 0x10/0x3f",
                "-j DSCP --set-dscp 0x2e", "-j CONNMARK --set-xmark 0x\(number(4))/0xf",
                "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark --nfmask 0x3 --ctmask 0x3",
                "-j MARK --set-xmark 0x\(number(4))/0xffffffff", "-j MARK --set-xmark 0x10/0xf0", "-j ACCEPT",
                "-j RETURN",
                "", chance(4) ? "-j DROP" : "",
            ])
        case "nat": return pick(["-j ACCEPT", "-j RETURN", "", translation(chain), translation(chain)])
        default: return pick(["-j ACCEPT", "-j RETURN", "", "", chance(4) ? "-j DROP" : ""])
        }
    }

    private mutating func translation(_ chain: String) -> String {
        let isIPv4 = family == .ipv4
        let inside = isIPv4 ? "10.0.0.6" : "2001:db8:1::6"
        let outside =
            isIPv4 ? ["192.0.2.50", "192.0.2.60-192.0.2.63"] : ["2001:db8::50", "2001:db8::60-2001:db8::63"]
        switch chain {
        // Never back to where the packet came from: redirects aren't simulated.
        case "PREROUTING": return pick(["-i eth0 -j DNAT --to-destination \(inside)", "-j REDIRECT"])
        // What the kernel answers from ::1 to itself isn't simulated.
        case "OUTPUT":
            return pick(["-j DNAT --to-destination \(inside)", isIPv4 ? "-j REDIRECT" : "-j ACCEPT"])
        case "POSTROUTING": return pick(["-j MASQUERADE", "-j SNAT --to-source \(pick(outside))"])
        case "INPUT": return "-j SNAT --to-source \(pick(outside))"
        // From a user chain of nat, nobody knows the hook.
        default: return "-j ACCEPT"
        }
    }

    // MARK: Words

    private mutating func address() -> String {
        family == .ipv4
            ? pick([
                "10.0.0.0/24", "10.0.0.5/32", "198.51.100.0/24", "192.0.2.1/32", "198.51.100.7/32",
                "10.0.0.0/8",
            ])
            : pick([
                "2001:db8:1::/64", "2001:db8:1::5/128", "2001:db8:9::/48", "2001:db8::1/128",
                "2001:db8:9::7/128",
            ])
    }

    private mutating func interface() -> String { pick(["eth0", "eth1", "eth+", "lo"]) }
    private mutating func not() -> String { chance(5) ? "! " : "" }
    private mutating func number(_ upper: Int) -> Int { Int.random(in: 0..<upper, using: &random) }
    private mutating func chance(_ one: Int) -> Bool { number(one) == 0 }
    private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count)] }
}
