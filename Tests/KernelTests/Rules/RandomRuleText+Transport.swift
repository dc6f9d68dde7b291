import Packets

extension RandomRuleText {
    /// What `-p` names, if anything.
    mutating func transport() -> String? {
        family == .ipv4
            ? pick([
                nil, nil, "tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmp", "sctp", "dccp", "udplite", "47",
                "esp", "ah", "all", "2",
            ])
            : pick([
                nil, nil, "tcp", "tcp", "tcp", "udp", "udp", "ipv6-icmp", "ipv6-icmp", "sctp", "dccp",
                "udplite", "47", "esp", "ipv6-nonxt", "mh",
            ])
    }

    mutating func transportWords(_ transport: String) -> [String] {
        let mayNegate = ["47", "2", "esp"].contains(transport) && chance(6)
        var words = ["\(mayNegate ? "! " : "")-p \(transport)"]
        switch transport {
        case "tcp":
            if chance(2) { words.append(ports("tcp")) }
            if chance(3) {
                words.append(
                    "-m tcp "
                        + pick([
                            "--syn", "! --syn", "--tcp-flags SYN,ACK,FIN,RST RST",
                            "--tcp-flags ALL FIN,PSH,URG", "! --tcp-flags ALL NONE", "--tcp-option 2",
                            "! --tcp-option 8", "--tcp-option 4", "--tcp-option 5",
                        ]))
            }
            if chance(5) {
                words.append("-m tcpmss \(not())--mss \(pick(["1460", "0:1000", "1000:65535", "536"]))")
            }
            if chance(8), family == .ipv4 {
                words.append("-m ecn \(not())\(pick(["--ecn-tcp-cwr", "--ecn-tcp-ece"]))")
            }
        case "udp", "udplite": if chance(2) { words.append(ports(transport)) }
        case "sctp":
            if chance(2) {
                words.append(
                    "-m sctp \(not())"
                        + pick([
                            "--dport 80", "--sport 1000:3000", "--chunk-types any DATA,INIT",
                            "--chunk-types all SACK", "--chunk-types only INIT",
                            "--chunk-types any DATA:Be", "--chunk-types any ABORT:t",
                        ]))
            } else if chance(3) {
                words.append(multiport())
            }
        case "dccp":
            if chance(2) {
                words.append(
                    "-m dccp \(not())"
                        + pick([
                            "--dport 80", "--sport 1:2000", "--dccp-types REQUEST,RESPONSE",
                            "--dccp-types RESET,INVALID", "--dccp-option 2",
                        ]))
            } else if chance(3) {
                words.append(multiport())
            }
        case "icmp":
            if chance(2) {
                words.append(
                    "-m icmp \(not())--icmp-type \(pick(["8", "0", "3/3", "11", "3", "any", "8/0", "13"]))")
            }
        case "ipv6-icmp":
            if chance(2) {
                words.append(
                    "-m icmp6 \(not())--icmpv6-type \(pick(["128", "129", "1", "3", "1/4", "2", "128/0"]))")
            }
        case "esp":
            if words[0].hasPrefix("-"), chance(2) {
                words.append("-m esp \(not())--espspi \(pick(["0x100", "0:0x200", "0x101:0xffffffff"]))")
            }
        case "ah":
            if chance(2) {
                words.append("-m ah \(not())--ahspi \(pick(["0x100", "0:0x200", "0x101:0xffffffff"]))")
            }
        case "mh": if chance(2) { words.append("-m mh \(not())--mh-type \(pick(["1", "0:3", "5:9"]))") }
        default: break
        }
        return words
    }

    private mutating func ports(_ transport: String) -> String {
        if transport == "udplite" || chance(3) { return multiport() }
        let port = pick(["80", "1:1023", "53", "443", "1024:65535", "0", "2000:2100"])
        return "-m \(transport) \(not())--\(pick(["dport", "dport", "sport"])) \(port)"
    }

    private mutating func multiport() -> String {
        let ports = pick([
            "80,443", "53,1000:2000", "22", "0:79,81:65535", "1,2,3,4,5,6,7,8,9,10,11,12,13,80",
        ])
        return "-m multiport \(not())--\(pick(["dports", "sports", "ports"])) \(ports)"
    }
}
