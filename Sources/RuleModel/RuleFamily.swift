import Diagnostics
public import Packets
public import RuleSyntax

/// Finds out for which family a rule file is, where nobody says.
public enum RuleFamily {
    /// What the file says of itself, first of: the header comment of `ip6tables-save` (that of `iptables-save`
    /// stands in hand-made IPv6 files, too); a name that ends in `.v6` or `.v4`; a match, target, protocol or
    /// address that only IPv6 has. Else IPv4.
    ///
    /// A script's family is that of its first command.
    public static func detect(_ syntax: RuleFileSyntax) -> AddressFamily {
        if let script = syntax.script { return script.first?.family ?? .ipv4 }
        for line in syntax.lines {
            switch line.kind {
            case .blank: continue
            case .comment:
                let words = syntax.file.text(line.range).split(separator: " ")
                if words.contains("ip6tables-save") { return .ipv6 }
            default: return detectByName(syntax) ?? detectByRules(syntax)
            }
        }
        return detectByName(syntax) ?? .ipv4
    }

    private static func detectByName(_ syntax: RuleFileSyntax) -> AddressFamily? {
        if syntax.file.name.hasSuffix(".v6") { return .ipv6 }
        return syntax.file.name.hasSuffix(".v4") ? .ipv4 : nil
    }

    /// IPv6 if something says so and nothing says IPv4: one wrong address doesn't turn a file.
    private static func detectByRules(_ syntax: RuleFileSyntax) -> AddressFamily {
        var isIPv6 = false
        for line in syntax.lines {
            guard case .command(let command) = line.kind else { continue }
            for (word, next) in zip(command.words, command.words.dropFirst()) {
                switch family(word.text, next.text) {
                case .ipv4: return .ipv4
                case .ipv6: isIPv6 = true
                case nil: break
                }
            }
        }
        return isIPv6 ? .ipv6 : .ipv4
    }

    private static func family(_ option: String, _ argument: String) -> AddressFamily? {
        switch option {
        case "-p", "--protocol":
            return ["icmpv6", "ipv6-icmp", "icmp6"].contains(argument.lowercased()) ? .ipv6 : nil
        case "-m", "--match":
            return ipv6Matches.contains(argument) ? .ipv6 : ["icmp", "ttl"].contains(argument) ? .ipv4 : nil
        case "-j", "--jump":
            if ["HL", "SNPT", "DNPT"].contains(argument) { return .ipv6 }
            return ["TTL", "ECN", "CLUSTERIP", "ULOG"].contains(argument) ? .ipv4 : nil
        case "-s", "-d", "--source", "--src", "--destination", "--dst":
            let bytes = argument.utf8
            if bytes.contains(UInt8(ascii: ":")) { return .ipv6 }
            return bytes.contains(UInt8(ascii: ".")) && argument.utf8.allSatisfy(isInIPv4) ? .ipv4 : nil
        case "--reject-with":
            return argument.hasPrefix("icmp6-") || argument.hasPrefix("adm-prohibited") ? .ipv6 : nil
        default: return nil
        }
    }

    private static func isInIPv4(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: ",") && byte <= UInt8(ascii: "9") && byte != UInt8(ascii: "-")
    }

    private static let ipv6Matches: Set<String> = [
        "icmp6", "icmpv6", "ipv6-icmp", "hl", "frag", "rt", "ipv6header", "hbh", "dst", "eui64", "mh", "srh",
    ]
}
