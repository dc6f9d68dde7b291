import Diagnostics
public import Packets
public import RuleSyntax

/// Finds out for which family a rule file is, where nobody says.
public enum RuleFamily {
    /// What the file says of itself, first of: the header comment of `ip6tables-save` or `iptables-save`; a name
    /// that ends in `.v6` or `.v4`; a match, target, protocol or address that only IPv6 has. Else IPv4.
    public static func detect(_ syntax: RuleFileSyntax) -> AddressFamily {
        for line in syntax.lines {
            switch line.kind {
            case .blank: continue
            case .comment:
                let words = syntax.file.text(line.range).split(separator: " ")
                if words.contains("ip6tables-save") { return .ipv6 }
                if words.contains("iptables-save") { return .ipv4 }
            default: return detectByName(syntax) ?? detectByRules(syntax)
            }
        }
        return detectByName(syntax) ?? .ipv4
    }

    private static func detectByName(_ syntax: RuleFileSyntax) -> AddressFamily? {
        if syntax.file.name.hasSuffix(".v6") { return .ipv6 }
        return syntax.file.name.hasSuffix(".v4") ? .ipv4 : nil
    }

    private static func detectByRules(_ syntax: RuleFileSyntax) -> AddressFamily {
        for line in syntax.lines {
            guard case .command(let command) = line.kind else { continue }
            for (word, next) in zip(command.words, command.words.dropFirst()) where isIPv6(word.text, next.text) {
                return .ipv6
            }
        }
        return .ipv4
    }

    private static func isIPv6(_ option: String, _ argument: String) -> Bool {
        switch option {
        case "-p", "--protocol": ["icmpv6", "ipv6-icmp", "icmp6"].contains(argument.lowercased())
        case "-m", "--match": ipv6Matches.contains(argument)
        case "-j", "--jump": ["HL", "SNPT", "DNPT"].contains(argument)
        case "-s", "-d", "--source", "--src", "--destination", "--dst":
            argument.utf8.contains(UInt8(ascii: ":"))
        case "--reject-with": argument.hasPrefix("icmp6-") || argument.hasPrefix("adm-prohibited")
        default: false
        }
    }

    private static let ipv6Matches: Set<String> = [
        "icmp6", "icmpv6", "ipv6-icmp", "hl", "frag", "rt", "ipv6header", "hbh", "dst", "eui64", "mh", "srh",
    ]
}
