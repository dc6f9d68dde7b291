import Diagnostics
import RuleModel
import RuleSyntax

/// FW010.
enum AliasInterface: Lint {
    static let description = LintDescription(
        "FW010", "alias-interface", .warning, fix: .unsafe,
        summary: "-i or -o names an alias such as eth0:1, which is a label of an address and no interface.",
        reason: """
            The kernel compares the name with that of the device, which is eth0 for all addresses of eth0. The rule \
            never matches; with ! it always does.
            """,
        example: "-A INPUT -i eth0:1 -p tcp -m tcp --dport 80 -j ACCEPT",
        instead: "-A INPUT -i eth0 -d 192.0.2.17/32 -p tcp -m tcp --dport 80 -j ACCEPT",
        exceptions: "None: a device's name may hold a colon only if somebody renamed it so.",
        sources: ["ip-address(8), label", "net/core/dev.c, dev_valid_name"])

    private static let options: Set<String> = ["-i", "--in-interface", "-o", "--out-interface"]

    static func findings(in file: LintContext) -> [Finding] {
        file.writtenRules.flatMap { facts, index, words in
            zip(words, words.dropFirst()).compactMap { option, name in
                options.contains(option.text) ? finding(name, facts.subject(index)) : nil
            }
        }
    }

    private static func finding(_ name: Word, _ subject: Finding.Subject) -> Finding? {
        guard let colon = name.text.utf8.firstIndex(of: UInt8(ascii: ":")), colon > name.text.startIndex
        else { return nil }
        let device = String(name.text[..<colon])
        return Finding(
            description,
            "\(name.text) is an alias of \(device), not an interface: no packet comes or goes by it",
            at: name.range, subject: subject,
            fix: name.isVerbatim
                ? Finding.Fix(
                    isSafe: false, "write \(device), and the alias's address with -d or -s",
                    [Finding.Edit(name.range, device)]) : nil)
    }
}
