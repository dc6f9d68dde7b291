import Packets

extension RandomRuleText {
    mutating func match(_ place: RulePlace) -> String {
        switch number(10) {
        case 0..<3: return place.isTracked ? connectionMatch(place) : headerMatch(place)
        case 3..<5: return memoryMatch(place)
        default: return headerMatch(place)
        }
    }

    /// Of what a packet says itself.
    private mutating func headerMatch(_ place: RulePlace) -> String {
        if family == .ipv6, chance(4) { return extensionHeaderMatch(place) }
        let hops = family == .ipv4 ? "-m ttl" : "-m hl"
        let option = family == .ipv4 ? "--ttl" : "--hl"
        return pick([
            "-m length \(not())--length \(pick(["0:60", "61:200", "40", "1000:65535"]))",
            "\(hops) \(option)-\(pick(["lt 64", "gt 63", "eq 63"]))",
            "-m mark \(not())--mark \(pick(["0x1", "0x2/0x3", "0x10/0xf0"]))",
            "-m comment --comment x",
            "-m tos \(not())--tos \(pick(["0x10", "0x00/0x3f", "0xb8/0xfc"]))",
            "-m dscp \(not())\(pick(["--dscp 0x04", "--dscp 0x2e", "--dscp-class EF", "--dscp-class CS0"]))",
            "-m ecn \(not())--ecn-ip-ect \(number(4))",
            addressType(place),
            "-m pkttype \(not())--pkt-type \(pick(["unicast", "broadcast", "multicast"]))",
            addressRange(),
            place.mayNameInput ? "-m mac \(not())--mac-source 02:00:00:00:00:\(pick(["fe", "fd"]))" : "",
            place.hooks.allSatisfy { $0 == "PREROUTING" } && ["raw", "mangle"].contains(place.table)
                ? "-m rpfilter \(pick(["", "--loose ", "--accept-local ", "--invert ", "--loose --invert ", "--validmark "]))"
                : "",
            string(), u32(),
            "-m bpf --bytecode \(quote("4,48 0 0 \(family == .ipv4 ? 9 : 6),21 0 1 6,6 0 0 1,6 0 0 0"))",
            place.hooks == ["FORWARD"] ? "-m physdev \(not())--physdev-\(pick(["in eth0", "is-in"]))" : "",
            "-m time --timestart 00:00 --timestop 23:59:59",
            set(),
        ])
    }

    private mutating func extensionHeaderMatch(_ place: RulePlace) -> String {
        pick([
            "-m frag --fragid 1:100 \(pick(["--fragfirst", "--fraglast", "--fragmore"]))",
            "-m rt \(not())--rt-type \(pick(["0", "2", "4"]))", "-m rt --rt-segsleft \(pick(["0", "1:3"]))",
            "-m hbh \(not())--hbh-len \(pick(["8", "16"]))", "-m hbh --hbh-opts \(pick(["1", "5:2", "1,5"]))",
            "-m dst \(not())--dst-len \(pick(["8", "16"]))", "-m dst --dst-opts \(pick(["1", "30:4", "4"]))",
            "-m ipv6header \(not())--header \(pick(["hop", "dst", "route", "prot", "auth", "dst,prot"]))",
            "-m ipv6header --header \(pick(["hop", "dst", "route", "prot"])) --soft",
            "-m ah \(not())--ahspi \(pick(["0x100", "0:0x200"]))", "-m ah --ahlen \(pick(["16", "24"]))",
            place.mayNameInput ? "-m eui64" : "", "-m srh \(not())--srh-segs-left-eq \(number(2))",
            "-m srh --srh-next-hdr 6",
        ])
    }

    private mutating func addressType(_ place: RulePlace) -> String {
        let type = pick(["LOCAL", "UNICAST", "MULTICAST", "UNICAST,LOCAL"])
        let extra = family == .ipv4 && chance(3) ? "BROADCAST" : type
        var words = "-m addrtype \(not())--\(pick(["dst", "dst", "src"]))-type \(extra)"
        if chance(6), place.mayNameInput, !place.hooks.contains("FORWARD") { words += " --limit-iface-in" }
        if chance(6), place.mayNameOutput, !place.hooks.contains("FORWARD") { words += " --limit-iface-out" }
        return words
    }

    private mutating func addressRange() -> String {
        let range =
            family == .ipv4
            ? pick(["10.0.0.5-10.0.0.9", "198.51.100.0-198.51.100.7"])
            : pick(["2001:db8:1::5-2001:db8:1::9", "2001:db8:9::-2001:db8:9::7"])
        return "-m iprange \(not())--\(pick(["src", "dst"]))-range \(range)"
    }

    private mutating func string() -> String {
        let pattern = pick([
            "--string GET", "--hex-string \(quote("|0d0a|Host"))", "--string get --icase", "--string aaa",
        ])
        let place = pick(["", "", " --from 40", " --to 60", " --from 20 --to 100"])
        return "-m string \(not())\(pattern) --algo \(pick(["bm", "kmp"]))\(place)"
    }

    private mutating func u32() -> String {
        let tests =
            family == .ipv4
            ? [
                "6&0xFF=1", "6&0xFF=6 && 0>>22&0x3C@0>>16=80,443", "0&0xFFFF=0x28:0x3C",
                "4&0x1FFF=0 && 0>>22&0x3C@12>>26&0x3C@0=1:0xffffffff", "2&0xFFFF=100:200",
            ] : ["4>>8&0xFF=58", "4>>8&0xFF=6,17 && 40>>16=1024:4096", "4>>16=0:100", "40&0xFFFF=80"]
        return "-m u32 \(not())--u32 \(quote(pick(tests)))"
    }

    /// Of the packet's connection. What `connlimit` says depends on the ticks of the kernel's clock: within one, it counts a
    /// connection as often as it sees it.
    private mutating func connectionMatch(_ place: RulePlace) -> String {
        return pick([
            state(), state(), conntrack(), conntrack(), conntrack(),
            "-m connmark \(not())--mark \(pick(["0x1/0x3", "0x0", "2"]))",
            "-m connbytes \(not())--connbytes \(pick(["1:3", "100:1000", "2:", "0:60"])) --connbytes-dir "
                + "\(pick(["original", "reply", "both"])) --connbytes-mode \(pick(["packets", "bytes", "avgpkt"]))",
            "-m connlabel \(not())--label \(number(3))\(chance(2) ? " --set" : "")",
            "-m cluster --cluster-total-nodes 2 \(not())--cluster-local-node 1 --cluster-hash-seed 0xdeadbeef",
        ])
    }

    private mutating func state() -> String {
        let states = pick([
            "NEW", "ESTABLISHED", "RELATED", "INVALID", "NEW,RELATED", "UNTRACKED", "ESTABLISHED,RELATED",
        ])
        return chance(4)
            ? "-m state \(not())--state \(states)" : "-m conntrack \(not())--ctstate \(states)"
    }

    /// All options of `-m conntrack`, mostly one at a time.
    private mutating func conntrack() -> String {
        func option() -> String {
            pick([
                "\(not())--ctstate \(pick(["SNAT", "DNAT", "NEW,DNAT"]))",
                "\(not())--ctproto \(pick(["tcp", "udp", family == .ipv4 ? "icmp" : "58", "132"]))",
                "\(not())--ctorigsrc \(address())", "\(not())--ctorigdst \(address())",
                "\(not())--ctreplsrc \(address())", "\(not())--ctrepldst \(address())",
                "\(not())--ctorigsrcport \(pick(["1024:2000", "2001:4100"]))",
                "\(not())--ctorigdstport \(pick(["80", "1:100"]))",
                "\(not())--ctreplsrcport \(pick(["80", "1:100"]))",
                "\(not())--ctrepldstport 1024:3000",
                "\(not())--ctstatus \(pick(["SEEN_REPLY", "ASSURED", "CONFIRMED", "NONE", "EXPECTED", "SEEN_REPLY,CONFIRMED"]))",
                "\(not())--ctexpire \(pick(["0", "1:20", "40:100", "200:86400", "86401:4294967295"]))",
                "--ctdir \(pick(["ORIGINAL", "REPLY"]))",
            ])
        }
        let first = option()
        guard chance(3) else { return "-m conntrack \(first)" }
        let second = option()
        func name(_ words: String) -> Substring? { words.split(separator: " ").first { $0.hasPrefix("--") } }
        return name(first) == name(second) ? "-m conntrack \(first)" : "-m conntrack \(first) \(second)"
    }

    /// With a memory of earlier packets; none of them forgets within a case.
    private mutating func memoryMatch(_ place: RulePlace) -> String {
        let mask = family == .ipv4 ? 24 : 64
        return pick([
            "-m statistic --mode nth \(not())--every \(2 + number(3)) --packet \(number(2))",
            "-m limit --limit \(pick(["1/hour", "2/hour"])) --limit-burst \(1 + number(6))",
            "-m quota \(not())--quota \(pick(["100", "500", "2000"]))",
            "-m hashlimit --hashlimit-\(pick(["upto", "above"])) \(pick(["1/hour", "2/hour"])) --hashlimit-burst "
                + "\(1 + number(4)) --hashlimit-mode \(pick(["srcip", "dstip", "srcip,dstport", "srcip,srcport,dstip,dstport"])) "
                + "\(chance(3) ? "--hashlimit-srcmask \(mask) " : "")--hashlimit-name h~_\(number(1 << 20))",
            recent(), recent(),
        ])
    }

    private mutating func recent() -> String {
        let list = "--name r~_\(number(2)) \(pick(["--rsource", "--rsource", "--rdest"]))"
        return "-m recent \(not())"
            + pick([
                "--set", "--set", "--rcheck", "--rcheck --hitcount 3", "--update --seconds 3600 --hitcount 2",
                "--update --rttl --seconds 3600 --hitcount 2", "--remove",
            ]) + " " + list
    }

    private func quote(_ text: String) -> String { "\"\(text)\"" }
}
