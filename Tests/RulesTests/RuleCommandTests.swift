import Diagnostics
import Packets
import RuleModel
import Testing

/// Lines of `Fixtures/RuleCommands/*.table`, which `Scripts/check-tables.py` held against the kernel.
struct RuleCommandTests {
    /// What iptables takes and we refuse, since no restore would read what it saves.
    private static let stricter = ["-E a aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]

    @Test func commandsDoWhatIptablesDoes() throws {
        for line in try Fixtures.text("RuleCommands/commands.table").split(separator: "\n")
        where !line.hasPrefix("#") && !Self.stricter.contains(where: line.contains) {
            let parts = line.split(separator: " ; ", omittingEmptySubsequences: false)
            try #require(parts.count >= 2)
            let isTaken = line.hasSuffix("; OK")
            let commands = parts[0].replacing(" | ", with: "\n")
            let built = RuleText.build("*filter\n\(commands)\nCOMMIT\n", family: .ipv4)
            let printed = built.ruleSet.map { ruleSet in
                RuleText.save(ruleSet).split(separator: "\n")
                    .filter { $0.hasPrefix(":") || $0.hasPrefix("[") }
                    .filter { !$0.hasSuffix(" ACCEPT [0:0]") }
                    .map { $0.hasPrefix("[0:0] ") ? $0.dropFirst(6) : $0 }.joined(separator: " | ")
            }
            let expected = isTaken ? parts[1].trimming(" ") : nil
            #expect(printed == expected, "\(parts[0]): \(built.diagnostics.map(\.message))")
        }
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        while text.first == character { text.removeFirst() }
        return String(text)
    }
}
