import Diagnostics
import Extensions
import Foundation
import Glibc
import Packets
import RuleModel
import TestSupport
import Testing

/// Random rule files: what is printed reads back as the same, and the kernel prints the same. Conditions aren't compared
/// with what was written: like `iptables-save`, the printer leaves out some tests that hold for all packets.
struct RandomRuleTests {
    private static let tables = ["filter", "mangle", "raw", "nat"]

    private func rules(_ seed: Int, _ family: AddressFamily, _ table: String) throws -> [String] {
        var random = try RandomRuleText(seed: UInt64(seed), family: family, fixtures: Fixtures.root)
        return (0..<30).map { _ in random.rule(table: table) }
    }

    /// The rules that stand for themselves, and those that are refused.
    private func sorted(
        _ rules: [String], _ family: AddressFamily, _ table: String
    ) -> (taken: [String], refused: [String]) {
        var (taken, refused) = ([String](), [String]())
        for rule in rules {
            let file = RandomRuleText.file(table: table, [rule])
            if RuleText.build(file, family: family).ruleSet == nil {
                refused.append(rule)
            } else {
                taken.append(rule)
            }
        }
        return (taken, refused)
    }

    @Test(arguments: 0..<8, tables)
    func whatIsPrintedReadsBack(_ seed: Int, _ table: String) throws {
        for family in AddressFamily.allCases {
            let (taken, _) = sorted(try rules(seed, family, table), family, table)
            #expect(taken.count > 10)
            let text = RandomRuleText.file(table: table, taken)
            let first = try #require(RuleText.build(text, family: family).ruleSet)
            let printed = RuleText.save(first)
            let second = try #require(RuleText.build(printed, family: family).ruleSet, "\(printed)")
            #expect(RuleText.save(second) == printed)
        }
    }

    private static let canAsk =
        geteuid() == 0
        && ["/usr/sbin/iptables-legacy-restore", "/usr/bin/unshare"].allSatisfy {
            FileManager.default.fileExists(atPath: $0)
        }

    @Test(.enabled(if: canAsk, "needs root, unshare and iptables-legacy"), arguments: 0..<4, tables)
    func theKernelPrintsTheSame(_ seed: Int, _ table: String) throws {
        for family in AddressFamily.allCases {
            let (taken, refused) = sorted(try rules(seed, family, table), family, table)
            let text = RandomRuleText.file(table: table, taken)
            let ruleSet = try #require(RuleText.build(text, family: family).ruleSet)
            guard let saved = try kernel(text, family, table).saved else {
                for rule in taken {
                    let answer = try kernel(RandomRuleText.file(table: table, [rule]), family, table)
                    #expect(answer.saved != nil, "\(rule): \(answer.error)")
                }
                continue
            }
            let ours = SyntaxPrinter(ruleSet).text().split(separator: "\n").map(String.init)
            for (a, b) in zip(ours, saved) where a != b { Issue.record("\(family) \(table): \(a) <> \(b)") }
            #expect(ours.count == saved.count)
            for rule in refused.prefix(10) {
                let answer = try kernel(RandomRuleText.file(table: table, [rule]), family, table)
                #expect(answer.saved == nil, "the kernel takes \(rule)")
            }
        }
    }

    /// What a network namespace of its own holds after loading a file; nil and the reason if it is refused.
    private func kernel(
        _ text: String, _ family: AddressFamily, _ table: String
    ) throws -> (saved: [String]?, error: String) {
        let program = family == .ipv4 ? "iptables-legacy" : "ip6tables-legacy"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = ["-n", "sh", "-c", "\(program)-restore && \(program)-save -t \(table)"]
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        try process.run()
        input.fileHandleForWriting.write(Data(text.utf8))
        try input.fileHandleForWriting.close()
        let saved = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let error = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return (nil, error) }
        return (saved.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }, error)
    }
}
