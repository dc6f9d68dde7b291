import Conntrack
import Engine
import Foundation
import Packets
import RuleModel

/// A file of `Fixtures/Traversals`: a host, rules, packets, and what the kernel did with them.
struct TraversalGolden {
    struct Reply: Equatable {
        var kind: String
        var fate: String
        var bytes: [UInt8]
    }

    struct Step {
        var line: Int
        var isSent: Bool
        var interface: String
        var destinationMAC: MACAddress
        var bytes: [UInt8]
        /// Seconds since the packet before.
        var wait: Double
        var verdict = ""
        /// `-` for none.
        var path = ""
        var state = ""
        var replies: [Reply] = []
        /// What leaves or is delivered, if the file says it.
        var outcome: [UInt8]?
        /// Where it leaves; empty if it doesn't.
        var outInterface = ""
    }

    private(set) var family = AddressFamily.ipv4
    private(set) var rules = ""
    private(set) var interfaces: [HostInterface] = []
    private(set) var routes: [Route] = []
    /// Beside the default ones of their family.
    private(set) var routingRules: [RoutingRule] = []
    private(set) var settings = HostSettings()
    private var sysctls = InterfaceSysctls()
    private(set) var fragments = FragmentSettings()
    private(set) var answerLimits = AnswerLimits()
    private(set) var steps: [Step] = []
    /// Of `iptables-save -c`: `[p:b]` of a chain's rules, then of its policy, by `table:CHAIN`.
    private(set) var counters: [String: String] = [:]
    /// Of `conntrack -L`, without times.
    private(set) var connections: [String]?
    /// Of `conntrack -L expect`, without times.
    private(set) var expectations: [String]?
    private(set) var table = InterfaceTable()

    init(_ text: String) throws {
        // As the oracle does, unless a line says otherwise.
        sysctls.sendsRedirects = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var wait = 0.0
        var index = 0
        while index < lines.count {
            let words = lines[index].split(separator: " ").map(String.init)
            switch words.first ?? "" {
            case "family": family = words[1] == "6" ? .ipv6 : .ipv4
            case "interface": addInterface(words)
            case "joined": interfaces[interfaces.count - 1].joinedMulticast.append(IPAddress(words[2])!)
            case "route": routes += TraversalGolden.routes(Array(words.dropFirst()), &table)
            case "rule": routingRules.append(TraversalGolden.rule(Array(words.dropFirst()), &table))
            case "sysctl":
                let value = UInt32(words[2])!
                _ =
                    fragments.set(words[1], to: value) || answerLimits.set(words[1], to: value)
                    || settings.set(words[1], to: value)
                TraversalGolden.set(words[1], to: value, in: &sysctls)
            // `Laboratory.compile` adds the last COMMIT.
            case "rules": rules = TraversalGolden.block(lines, &index).dropLast().joined(separator: "\n")
            case "wait": wait = Double(words[1])!
            case "in", "out":
                steps.append(
                    Step(
                        line: index + 1, isSent: words[0] == "out", interface: words[1],
                        destinationMAC: MACAddress(bits: UInt64(words[2], radix: 16)!),
                        bytes: TraversalGolden.bytes(words.dropFirst(3)), wait: wait))
                wait = 0
            case "=":
                steps[steps.count - 1].verdict = words[1]
                steps[steps.count - 1].path = words[2]
                steps[steps.count - 1].state = words[3]
            case "reply":
                steps[steps.count - 1].replies.append(
                    Reply(
                        kind: words[1], fate: words[2], bytes: TraversalGolden.bytes(words.dropFirst(3))))
            case "left":
                steps[steps.count - 1].outInterface = words[1]
                steps[steps.count - 1].outcome = TraversalGolden.bytes(words.dropFirst(2))
            case "given": steps[steps.count - 1].outcome = TraversalGolden.bytes(words.dropFirst())
            case "connections": connections = TraversalGolden.block(lines, &index).sorted()
            case "expectations": expectations = TraversalGolden.block(lines, &index).sorted()
            case "counters": readCounters(TraversalGolden.block(lines, &index))
            default: break
            }
            index += 1
        }
        let loopback = InterfaceAddress(.v4(0x7f00_0001), prefixLength: 8)
        interfaces.append(
            HostInterface(
                name: "lo", id: table.id(of: "lo"),
                addresses: [loopback, InterfaceAddress(.v6(1), prefixLength: 128)], mtu: 65536,
                isLoopback: true))
        routes += SimulatedHost.connectedRoutes(of: interfaces)
        for index in interfaces.indices { interfaces[index].sysctls = sysctls }
        for family in [AddressFamily.ipv4, .ipv6] where routingRules.contains(where: { $0.family == family })
        {
            routingRules += RoutingRule.defaults(family)
        }
    }

    /// The lines up to `end`.
    private static func block(_ lines: [String], _ index: inout Int) -> [String] {
        let start = index + 1
        while lines[index] != "end" { index += 1 }
        return Array(lines[start..<index])
    }

    /// `4500 00*400`
    private static func bytes(_ words: ArraySlice<String>) -> [UInt8] {
        words.flatMap { word -> [UInt8] in
            let parts = word.split(separator: "*")
            let digits = Array(parts[0])
            let bytes = stride(from: 0, to: digits.count, by: 2).map {
                UInt8(String(digits[$0...$0 + 1]), radix: 16)!
            }
            return parts.count == 1 ? bytes : Array(repeating: bytes[0], count: Int(parts[1])!)
        }
    }

    private mutating func addInterface(_ words: [String]) {
        let addresses = words.dropFirst(3).map { text in
            let parts = text.split(separator: "/")
            return InterfaceAddress(IPAddress(String(parts[0]))!, prefixLength: Int(parts[1])!)
        }
        interfaces.append(
            HostInterface(
                name: words[1], id: table.id(of: words[1]), addresses: addresses, mtu: UInt32(words[2])!))
    }

    private mutating func readCounters(_ lines: [String]) {
        var table = ""
        var policies: [String: String] = [:]
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("*") {
                table = String(line.dropFirst())
            } else if line.hasPrefix(":") {
                policies["\(table):\(words[0].dropFirst())"] = words[2]
            } else if line.hasPrefix("[") {
                counters["\(table):\(words[2])", default: ""] += words[0] + " "
            }
        }
        for (chain, policy) in policies { counters[chain, default: ""] += policy }
    }
}
