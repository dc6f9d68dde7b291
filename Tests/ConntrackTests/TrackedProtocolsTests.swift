import Foundation
import Testing

@Suite struct TrackedProtocolsTests {
    /// The list of trackers names every tracker in its folder.
    @Test func theListIsComplete() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Conntrack/Protocols")
        let list = try String(contentsOf: folder.appending(path: "TrackedProtocols.swift"), encoding: .utf8)
        let trackers = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix("Tracker.swift") }.map { String($0.dropLast(".swift".count)) }
        #expect(trackers.count == 8)
        for tracker in trackers { #expect(list.contains(tracker + ".track("), "\(tracker)") }
    }
}
