import Packets

extension RandomRuleText {
    /// Of a chain that packets come to from one hook only.
    mutating func translation(_ place: RulePlace, _ transport: String?) -> String {
        let hasPorts = ["tcp", "udp", "sctp", "dccp"].contains(transport)
        let isIPv4 = family == .ipv4
        switch place.hooks[0] {
        // Never back to where the packet came from: redirects aren't simulated.
        case "PREROUTING":
            return pick([
                "\(place.isBase ? "-i eth0 " : "-i eth0 ")-j DNAT --to-destination \(insideTarget(hasPorts))",
                "-i eth0 -j DNAT --to-destination \(insideTarget(hasPorts))",
                "-j REDIRECT\(redirectPorts(hasPorts))",
                "-i eth0 -d \(isIPv4 ? "198.51.100.0/24" : "2001:db8:9::/64") -j NETMAP --to \(isIPv4 ? "10.0.0.0/24" : "2001:db8:1::/64")",
            ])
        case "OUTPUT":
            return pick([
                "-j DNAT --to-destination \(insideTarget(hasPorts))",
                "-j REDIRECT\(redirectPorts(hasPorts))",
            ])
        case "INPUT":
            return pick([
                "-j SNAT --to-source \(outsideSource(hasPorts))",
                isIPv4
                    ? "-s 198.51.100.0/24 -j NETMAP --to 203.0.113.0/24"
                    : "-s 2001:db8:9::/64 -j NETMAP --to 2001:db8:99::/64",
            ])
        default:
            return pick([
                "-j MASQUERADE\(redirectPorts(hasPorts))", "-j MASQUERADE",
                "-j SNAT --to-source \(outsideSource(hasPorts))",
                "-j SNAT --to-source \(outsideSource(hasPorts))",
                isIPv4
                    ? "-s 10.0.0.0/24 -j NETMAP --to 192.0.2.0/24"
                    : "-s 2001:db8:1::/64 -j NETMAP --to 2001:db8:77::/64",
            ])
        }
    }

    private mutating func insideTarget(_ hasPorts: Bool) -> String {
        let address =
            family == .ipv4
            ? pick(["10.0.0.6", "10.0.0.5", "10.0.0.20-10.0.0.23"])
            : pick(["2001:db8:1::6", "2001:db8:1::5", "2001:db8:1::20-2001:db8:1::23"])
        return withPort(address, hasPorts, pick(["80", "8080", "5000-5003"]))
            + pick(["", "", "", " --persistent"])
    }

    private mutating func outsideSource(_ hasPorts: Bool) -> String {
        let address =
            family == .ipv4
            ? pick(["192.0.2.50", "192.0.2.60-192.0.2.63"])
            : pick(["2001:db8::50", "2001:db8::60-2001:db8::63"])
        return withPort(address, hasPorts, pick(["3000", "1024-4100", "600-700"]))
            + pick(["", "", "", " --persistent", " --random-fully"])
    }

    private mutating func withPort(_ address: String, _ hasPorts: Bool, _ port: String) -> String {
        guard hasPorts, chance(3) else { return address }
        return family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }

    private mutating func redirectPorts(_ hasPorts: Bool) -> String {
        hasPorts && chance(2)
            ? " --to-ports \(pick(["8080", "3000-3010"]))" : pick(["", "", "", " --random"])
    }
}
