import Diagnostics
import Packets
import RuleModel
import RuleSyntax

/// FW012.
enum NoncanonicalCIDR: Lint {
    static let description = LintDescription(
        "FW012", "noncanonical-cidr", .info, fix: .safe,
        summary: "An address has bits behind its mask.",
        reason: """
            iptables drops those bits: 10.1.2.3/8 is 10.0.0.0/8. A reader may take it for the one host, or the mask \
            may be a slip.
            """,
        example: "-A INPUT -s 10.1.2.3/8 -j ACCEPT", instead: "-A INPUT -s 10.0.0.0/8 -j ACCEPT",
        exceptions:
            "The host's own address with the length of its network, where that is how you note the network.",
        sources: ["iptables(8), -s"])

    private static let options: Set<String> = ["-s", "--source", "--src", "-d", "--destination", "--dst"]

    static func findings(in file: LintContext) -> [Finding] {
        let family = file.ruleSet.family
        return file.writtenRules.flatMap { facts, index, words in
            zip(words, words.dropFirst()).flatMap { option, list in
                options.contains(option.text) ? findings(list, facts.subject(index), family) : []
            }
        }
    }

    private static func findings(
        _ list: Word, _ subject: Finding.Subject, _ family: AddressFamily
    ) -> [Finding] {
        guard list.text.utf8.contains(UInt8(ascii: "/")) else { return [] }
        var offset = 0
        return list.text.split(separator: ",", omittingEmptySubsequences: false).compactMap { member in
            let place = offset..<offset + member.utf8.count
            offset = place.upperBound + 1
            let parts = member.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let address = AddressSyntax.address(parts[0], family: family),
                let mask = AddressSyntax.mask(parts[1], family: family), address & ~mask != 0
            else { return nil }
            let canonical = AddressSyntax.text(AddressMask(value: address, mask: mask), family: family)
            let range = list.range(of: place)
            return Finding(
                description, "\(member) means \(canonical): bits behind the mask don't count", at: range,
                subject: Finding.Subject(table: subject.table, chain: subject.chain),
                proof: "both are the same set of addresses",
                fix: list.isVerbatim
                    ? Finding.Fix(isSafe: true, "write \(canonical)", [Finding.Edit(range, canonical)]) : nil)
        }
    }
}
