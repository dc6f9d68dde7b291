import Captures
import Foundation
import Testing

@Suite struct LibpcapAgreementTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The captures of the repository, and of the shared folder beside it where there is one.
    static let captures: [String] = {
        let folders = ["Fixtures/Captures", "../shared/corpus/pcaps", "../shared/captures"]
        let endings = [".pcap", ".pcapng", ".pcap.gz", ".cap", ".pcap.zst"]
        return folders.flatMap { folder -> [String] in
            let path = root.appending(path: folder).standardizedFileURL.resolvingSymlinksInPath().path
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            return names.filter { name in endings.contains { name.hasSuffix($0) } }.map { "\(path)/\($0)" }
        }.sorted()
    }()

    // The folders come with a checkout of the whole project only.
    @Test("every capture reads as libpcap reads it", .enabled(if: !LibpcapAgreementTests.captures.isEmpty))
    func everyCapture() {
        for path in Self.captures {
            // A debug build takes its time with millions of frames.
            let difference = LibpcapComparison.difference(path: path, limit: 20_000)
            #expect(difference == nil, "\(path)")
        }
    }

    @Test("a frame read through libpcap is the same in all it knows")
    func throughLibpcap() throws {
        let file = try TemporaryFile(CompressedBytes.gzip(DamageTests.whole[1].bytes))
        let capture = ReadCapture(path: file.path, throughLibpcap: true)
        #expect(capture.error == nil)
        #expect(capture.entries == ReadCapture(path: file.path).entries)
        // A fault of the input under libpcap keeps its own words.
        try file.replace(CompressedBytes.gzip(DamageTests.whole[1].bytes).dropLast(100))
        let cut = ReadCapture(path: file.path, throughLibpcap: true)
        #expect(cut.error?.message == "the gzip data ends before its end mark")
        #expect(cut.entries.count == 2)
    }
}
