import Foundation
import Linter
import Packets
import Reports
import Testing

/// The rule sets in `Rules`: the faults that were planted in `bad.v4` are found, and in the others none.
struct RulesFolderTests {
    private static let folder = Fixtures.repository.appending(path: "Rules")

    @Test func plantedFaultsAreFound() throws {
        let report = try Fixtures.lint(Self.folder.appending(path: "bad.v4"), name: "bad.v4")
        #expect(report.places == Self.planted)
    }

    /// The line of the rule, or of the chain, below each comment.
    private static let planted = [
        "6 FW201", "9 FW005", "15 FW205", "17 FW109", "19 FW101", "21 FW104", "24 FW108", "26 FW108", "28 FW108",
        "30 FW204", "39 FW202", "41 FW107", "44 FW104", "48 FW107", "50 FW104", "56 FW202",
    ]

    @Test(arguments: Fixtures.names(in: folder).filter { $0 != "bad.v4" })
    func otherRuleSetsAreClean(_ name: String) throws {
        let report = try Fixtures.lint(Self.folder.appending(path: name), name: name)
        #expect(LintText().text([report]) == "no findings\n")
    }

    @Test func witnessesArePackets() throws {
        let files = try Fixtures.names(in: Fixtures.lints).map { Fixtures.lints.appending(path: $0 + "/bad.v4") }
            .map { try Fixtures.lint($0, name: "bad.v4") }
        let witnesses = files.flatMap(\.findings).compactMap(\.witness)
        #expect(witnesses.count > 10)
        for witness in witnesses {
            #expect(throws: Never.self, "\(witness.packet)") { try PacketDescription(parsing: witness.packet) }
        }
    }
}
