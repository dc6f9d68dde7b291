import Packets

extension RandomRuleText {
    /// What `ipset restore` reads; chooses the sets that `text()` then names. Empty if there are none.
    mutating func sets() -> String {
        guard chance(3) else { return "" }
        setTypes = (0..<1 + number(3)).map { _ in
            pick(
                [
                    "hash:ip", "hash:net", "hash:ip,port", "hash:net,port", "hash:ip,port,ip",
                    "hash:net,iface",
                    "bitmap:port", "list:set",
                ] + (family == .ipv4 ? ["bitmap:ip"] : []))
        }
        // A list needs something to hold.
        if setTypes.contains("list:set"), setTypes[0] == "list:set" { setTypes[0] = "hash:ip" }
        return setTypes.indices.map { create($0) }.joined()
    }

    private mutating func create(_ index: Int) -> String {
        let type = setTypes[index]
        var line = "create s~_\(index) \(type)"
        if type.hasPrefix("hash") { line += " family \(family == .ipv4 ? "inet" : "inet6")" }
        if type == "bitmap:ip" { line += " range 10.0.0.0/24" }
        if type == "bitmap:port" { line += " range 0-4200" }
        if chance(4) { line += " counters" }
        var lines = [line]
        for entry in Set((0..<1 + number(4)).map { _ in member(type, below: index) }).sorted() {
            lines.append("add s~_\(index) \(entry) -exist")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private mutating func member(_ type: String, below index: Int) -> String {
        let places =
            family == .ipv4
            ? ["10.0.0.5", "10.0.0.6", "198.51.100.7", "192.0.2.1"]
            : ["2001:db8:1::5", "2001:db8:1::6", "2001:db8:9::7", "2001:db8::1"]
        let networks =
            family == .ipv4
            ? ["10.0.0.0/24", "198.51.100.0/24", "192.0.2.0/25", "10.0.0.5/32"]
            : ["2001:db8:1::/64", "2001:db8:9::/48", "2001:db8::/64", "2001:db8:1::5/128"]
        let port = "\(pick(["tcp", "udp", "sctp"])):\(pick([80, 53, 443]))"
        switch type {
        case "hash:ip": return pick(places)
        case "bitmap:ip": return "10.0.0.\(pick([1, 5, 6]))"
        case "hash:net": return pick(networks) + (chance(5) ? " nomatch" : "")
        case "hash:ip,port": return "\(pick(places)),\(port)"
        case "hash:net,port": return "\(pick(networks)),\(port)"
        case "hash:ip,port,ip": return "\(pick(places)),\(port),\(pick(places))"
        case "hash:net,iface": return "\(pick(networks)),\(pick(["eth0", "eth1"]))"
        case "bitmap:port": return "\(pick([80, 53, 443, 22]))"
        default: return "s~_\(pick(setTypes.indices.filter { setTypes[$0] != "list:set" && $0 < index }))"
        }
    }

    /// A match of one of the sets; empty if there are none.
    mutating func set() -> String {
        guard !setTypes.isEmpty else { return "" }
        return "-m set \(not())--match-set \(reference())"
    }

    mutating func reference() -> String {
        let index = number(setTypes.count)
        var count = setTypes[index].split(separator: ",").count
        if setTypes[index] == "list:set" { count = 1 + number(3) }
        let directions = (0..<count).map { _ in pick(["src", "dst"]) }
        return "s~_\(index) \(directions.joined(separator: ","))"
    }
}
