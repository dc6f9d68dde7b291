import Foundation
import TestSupport
import Testing

@testable import Gateway

@Suite struct ContentTests {
    /// What zlib made of them: stored, fixed codes, dynamic codes, an overlapping copy.
    @Test(arguments: try deflated())
    func inflates(_ sample: (name: String, coded: [UInt8], content: [UInt8])) {
        let coding = sample.name.hasPrefix("gzip") ? "gzip" : "deflate"
        #expect(
            ContentCoding.decode(sample.coded, [coding], limit: 1 << 20) == sample.content, "\(sample.name)")
        for limit in [0, 1, 5, 300] {
            let prefix = ContentCoding.decode(sample.coded, [coding], limit: limit)
            #expect(prefix == Array(sample.content.prefix(limit)), "\(sample.name), \(limit)")
        }
        for cut in 0..<min(sample.coded.count, 300) {
            let part = ContentCoding.decode(Array(sample.coded[..<cut]), [coding], limit: 1 << 20)
            #expect(part.map { sample.content.starts(with: $0) } ?? false, "\(sample.name), cut at \(cut)")
        }
    }

    @Test func nonsenseEnds() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            #expect(Inflate.prefix(of: bytes, .bare, limit: 1000).count <= 1000)
            _ = ContentCoding.decode([0x1f, 0x8b, 8] + bytes, ["gzip"], limit: 1000)
        }
    }

    @Test func codingsThatArentKnownHaveNoContent() {
        #expect(ContentCoding.decode([1], ["br"], limit: 9) == nil)
        #expect(ContentCoding.decode([1], ["gzip", "gzip"], limit: 9) == nil)
        #expect(ContentCoding.decode([1], ["identity"], limit: 9) == [1])
    }

    @Test(arguments: [
        ("7f454c46", ["elf"]), ("4d5a90000300", ["pe"]), ("cffaedfe", ["macho"]),
        ("cafebabe", ["macho", "java"]),
        ("504b0304", ["zip"]), ("1f8b08", ["gzip"]), ("255044462d312e", ["pdf"]),
        ("89504e470d0a1a0a", ["png"]),
        ("ffd8ff", ["jpeg"]), ("474946383961", ["gif"]), ("23212f62696e", ["script"]), ("4d5a616e64", []),
        ("68656c6c6f", []), ("", []),
    ])
    func isIdentified(_ hex: String, _ names: [String]) {
        let content = bytes(hex: hex)
        #expect(ContentMagic.identify(content, isWhole: true) == .names(names))
        for count in 0..<content.count {
            let answer = ContentMagic.identify(Array(content[..<count]), isWhole: false)
            #expect(answer == .undecided || answer == .names(names), "\(hex), \(count)")
        }
    }
}

/// The lines of `Fixtures/Content/deflated.txt`.
private func deflated() throws -> [(name: String, coded: [UInt8], content: [UInt8])] {
    let file = transcripts.deletingLastPathComponent().appending(path: "Content/deflated.txt")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        let words = line.split(separator: " ")
        return (String(words[0]), bytes(hex: String(words[1])), bytes(hex: String(words[2])))
    }
}
