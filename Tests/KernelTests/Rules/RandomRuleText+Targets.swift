import Packets

extension RandomRuleText {
    mutating func target(
        _ place: RulePlace, _ transport: String?, _ callees: ArraySlice<String>
    ) -> String {
        if let callee = callees.randomElement(using: &random), chance(3) {
            return "-\(pick(["j", "j", "g"])) \(callee)"
        }
        if chance(8) { return anywhere(place) }
        switch place.table {
        case "filter": return chance(4) ? reject(transport) : verdict(drops: true)
        case "mangle": return change(place, transport)
        case "nat": return chance(2) ? translation(place, transport) : verdict(drops: false)
        case "raw": return tracking(place)
        default: return chance(2) ? "" : verdict(drops: chance(4))
        }
    }

    private mutating func verdict(drops: Bool) -> String {
        pick([
            "-j ACCEPT", "-j ACCEPT", drops ? "-j DROP" : "", "-j RETURN", "",
            chance(6) && drops ? "-j NFQUEUE --queue-num 3" : "",
        ])
    }

    /// What every table takes, or, of marks, most do.
    private mutating func anywhere(_ place: RulePlace) -> String {
        let mark =
            "-j MARK --\(pick(["set-xmark 0x\(number(4))/0xffffffff", "or-mark 0x10", "and-mark 0x3", "xor-mark 0x1"]))"
        return pick([
            "-j LOG --log-prefix \"x\"", "-j NFLOG --nflog-group 5", "-j AUDIT --type accept", mark,
            place.isTracked ? connmark() : "", setTypes.isEmpty ? "" : addToSet(),
            place.isBase && ["FORWARD", "OUTPUT", "POSTROUTING"].contains(place.chain)
                ? "-j CLASSIFY --set-class 1:\(number(9))" : "",
        ])
    }

    private mutating func addToSet() -> String {
        let changeable = setTypes.indices.filter {
            setTypes[$0] != "list:set" && setTypes[$0] != "hash:net,iface"
        }
        guard let index = changeable.randomElement(using: &random) else { return "" }
        let directions = setTypes[index].split(separator: ",").map { _ in pick(["src", "dst"]) }
        let option = pick(["add-set", "add-set", "del-set"])
        return "-j SET --\(option) s~_\(index) \(directions.joined(separator: ","))"
            + (option == "add-set" && chance(3) ? " --exist" : "")
    }

    private mutating func connmark() -> String {
        pick([
            "-j CONNMARK --set-xmark 0x\(number(4))/0xf", "-j CONNMARK --save-mark",
            "-j CONNMARK --restore-mark --nfmask 0x3 --ctmask 0x3", "-j CONNMARK --or-mark 0x20",
        ])
    }

    private mutating func reject(_ transport: String?) -> String {
        if transport == "tcp", chance(2) { return "-j REJECT --reject-with tcp-reset" }
        let kinds =
            family == .ipv4
            ? [
                "net-unreachable", "host-unreachable", "port-unreachable", "proto-unreachable",
                "net-prohibited", "host-prohibited", "admin-prohibited",
            ].map { "icmp-" + $0 }
            : [
                "no-route", "adm-prohibited", "addr-unreachable", "port-unreachable", "policy-fail",
                "reject-route",
            ].map { "icmp6-" + $0 }
        return "-j REJECT --reject-with \(pick(kinds))"
    }

    private mutating func tracking(_ place: RulePlace) -> String {
        guard chance(3) else { return chance(6) ? "-j DROP" : verdict(drops: false) }
        return pick([
            "-j NOTRACK", "-j CT --notrack", "-j CT --zone \(1 + number(2))",
            "-j CT --ctevents new,destroy",
        ])
    }

    private mutating func change(_ place: RulePlace, _ transport: String?) -> String {
        let hops = family == .ipv4 ? "TTL --ttl" : "HL --hl"
        let general = [
            "-j \(hops)-\(pick(["set 9", "dec 1", "inc 2", "set 1", "inc 250"]))",
            "-j TOS --\(pick(["set-tos 0x10/0x3f", "set-tos 0xb8", "and-tos 0xf0", "or-tos 0x04", "xor-tos 0x08"]))",
            "-j DSCP --\(pick(["set-dscp 0x2e", "set-dscp-class AF21"]))",
            connmark(), connmark(), "-j MARK --set-xmark 0x10/0xf0", "-j ACCEPT", "-j RETURN", "",
            chance(4) ? "-j DROP" : "", "-j CHECKSUM --checksum-fill",
            "-j HMARK --hmark-tuple src,dst\(chance(2) ? ",sport,dport" : "") --hmark-mod 16 --hmark-rnd 0xfeed",
            family == .ipv6 && ["PREROUTING", "POSTROUTING"].contains(place.chain) && chance(3)
                ? prefixTranslation(place) : "",
        ]
        guard transport == "tcp", chance(2) else { return pick(general) }
        let clamps = place.hooks.allSatisfy { ["FORWARD", "OUTPUT", "POSTROUTING"].contains($0) }
        return pick([
            "-m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss \(pick([536, 1000, 1400]))",
            clamps ? "-m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu" : "",
            "-j TCPOPTSTRIP --strip-options \(pick(["timestamp", "sack-permitted,sack", "mss,wscale", "8,30"]))",
            family == .ipv4
                ? "-j ECN \(pick(["--ecn-tcp-remove", "--ecn-tcp-cwr 1", "--ecn-tcp-ece 0"]))" : "",
        ])
    }

    /// Of prefixes that nobody else has.
    private mutating func prefixTranslation(_ place: RulePlace) -> String {
        place.chain == "POSTROUTING"
            ? "-s 2001:db8:1::/64 -j SNPT --src-pfx 2001:db8:1::/64 --dst-pfx 2001:db8:77::/64"
            : "-d 2001:db8:77::/64 -j DNPT --src-pfx 2001:db8:77::/64 --dst-pfx 2001:db8:1::/64"
    }
}
