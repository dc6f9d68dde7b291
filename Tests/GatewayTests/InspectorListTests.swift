import Foundation
import Testing

@testable import Gateway

/// The folder of inspectors, the list in `Inspector+Standard.swift`, the protocols and the transcripts go together.
@Suite struct InspectorListTests {
    private static let list = "Sources/Gateway/Session/Inspector+Standard.swift"

    @Test func everyFileIsListedAndEveryListedTypeHasItsFile() throws {
        let folder = transcripts.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/Gateway/Inspectors")
        let walk = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        let files = walk.compactMap { ($0 as? URL)?.deletingPathExtension().lastPathComponent }
            .filter { $0.hasSuffix("Inspector") }
        let lists = [InspectorList.standard.inspectors, InspectorList.standard.proxies]
        let listed = lists.flatMap { list in list.map { String(describing: $0) }.sorted() }
        for missing in Set(files).subtracting(listed).sorted() {
            Issue.record("\(InspectorListTests.list) doesn't name \(missing)")
        }
        for missing in Set(listed).subtracting(files).sorted() {
            Issue.record("\(InspectorListTests.list) names \(missing), but there is no \(missing).swift")
        }
        for list in lists.map({ $0.map { String(describing: $0) } }) {
            #expect(list == list.sorted(), "\(InspectorListTests.list) isn't in order")
        }
    }

    @Test func everyProtocolHasOneInspectorAndItsTranscript() throws {
        let names = InspectorList.standard.inspectors.map { $0.protocolName.rawValue }
        #expect(names.sorted() == GatewayProtocol.allCases.map(\.rawValue).sorted())
        for name in names where !(try transcriptNames().contains("\(name).transcript")) {
            Issue.record("Fixtures/Transcripts/\(name).transcript is missing")
        }
    }
}
