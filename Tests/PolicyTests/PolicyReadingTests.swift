import Diagnostics
import Foundation
import Gateway
import PolicyFile
import Testing

let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

func files(in folder: String, ending suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: repository.appending(path: folder).path)
        .filter { $0.hasSuffix(suffix) }.sorted()
}

@Suite struct PolicyReadingTests {
    @Test(arguments: try files(in: "Rules", ending: ".gateway.yaml"))
    func shippedPoliciesHaveNoErrors(_ name: String) throws {
        let bytes = try Data(contentsOf: repository.appending(path: "Rules/\(name)"))
        let result = GatewayPolicyReader.read(SourceFile(name: name, bytes: Array(bytes)))
        #expect(DiagnosticRenderer().render(result.diagnostics) == "")
        #expect(try #require(result.policy).rules.count >= 3)
    }

    /// One file a kind of mistake. `GATEHOUSE_RECORD=1` writes what is printed now, to be read and committed.
    @Test(arguments: try files(in: "Fixtures/Policies", ending: ".yaml"))
    func mistakesAreExplained(_ name: String) throws {
        let bytes = try Data(contentsOf: repository.appending(path: "Fixtures/Policies/\(name)"))
        let result = GatewayPolicyReader.read(SourceFile(name: name, bytes: Array(bytes)))
        let printed = DiagnosticRenderer().render(result.diagnostics)
        let expected = repository.appending(path: "Fixtures/Policies/\(name.dropLast(5)).expected")
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try Data(printed.utf8).write(to: expected)
        }
        #expect(try printed == String(contentsOf: expected, encoding: .utf8))
        #expect(result.policy == nil)
    }
}
