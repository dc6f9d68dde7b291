import Foundation
import Packets
import Testing

@testable import Conntrack

/// What helpers read in payloads, line by line of `Fixtures/Helpers`.
@Suite struct HelperGrammarTests {
    private struct Line {
        var number: Int
        var payload: ArraySlice<UInt8>
        /// Empty if nothing is read.
        var expected: String
    }

    private func lines(_ name: String) throws -> [Line] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/Helpers/\(name).table")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").enumerated().map {
            let parts = $1.components(separatedBy: " ; ")
            let isRead = try #require(parts.last) == "OK"
            let payload = parts[0].replacing("\\r", with: "\r").replacing("\\n", with: "\n")
                .replacing("\\1", with: "\u{1}")
            return Line(number: $0 + 1, payload: Array(payload.utf8)[...], expected: isRead ? parts[1] : "")
        }
    }

    private func text(_ address: UInt128) -> String { IPAddress.v4(UInt32(address)).description }

    @Test func ftp() throws {
        for line in try lines("ftp") {
            let direction: Direction = line.payload.first == UInt8(ascii: ">") ? .original : .reply
            let read: String
            switch FTPGrammar.read(line.payload.dropFirst(2), direction, .ipv4) {
            case .none: read = ""
            case .partial(let kind): read = "partial \(kind.rawValue.trimmingCharacters(in: .whitespaces))"
            case .found(let found):
                let address = found.address.map(text) ?? "-"
                let kind = found.kind.rawValue.trimmingCharacters(in: .whitespaces)
                read = "\(kind) \(address) \(found.port) \(found.range)"
            }
            #expect(read == line.expected, "ftp.table:\(line.number)")
        }
    }

    @Test func ftpOverIPv6() {
        let line = Array("EPRT |2|2001:db8::1|1025|\r\n".utf8)
        let found = FTPGrammar.Finding(
            kind: .extendedPort, address: 0x2001_0db8 << 96 | 1, port: 1025, range: 5..<25)
        #expect(FTPGrammar.read(line[...], .original, .ipv6) == .found(found))
        #expect(
            FTPGrammar.read(Array("EPRT |1|192.0.2.1|1025|\r\n".utf8)[...], .original, .ipv6)
                == .partial(.extendedPort))
    }

    @Test func irc() throws {
        for line in try lines("irc") {
            let offer = IRCGrammar.offer(line.payload)
            let read = offer.map { "\(text(UInt128($0.address))) \($0.port) \($0.range)" } ?? ""
            #expect(read == line.expected, "irc.table:\(line.number)")
        }
    }

    @Test func amanda() throws {
        for line in try lines("amanda") {
            var read: [String] = []
            if let place = AmandaGrammar.line(line.payload) {
                for word in AmandaGrammar.words {
                    switch AmandaGrammar.port(word, line.payload, line: place) {
                    case .none: continue
                    case .unreadable: read.append("unreadable")
                    case .port(let port): read.append("\(word)\(port.number) \(port.range)")
                    }
                    if read.last == "unreadable" { break }
                }
            }
            #expect(read.joined(separator: ", ") == line.expected, "amanda.table:\(line.number)")
        }
    }

    /// Whatever the bytes, no trap, and what is to be rewritten is there.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func hostilePayloads(_ seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let samples = try ["ftp", "irc", "amanda"].flatMap { try lines($0).map(\.payload) }
        for _ in 0..<20_000 {
            var bytes = Array(samples.randomElement(using: &random)!)
            if bytes.first == UInt8(ascii: ">") || bytes.first == UInt8(ascii: "<") { bytes.removeFirst(2) }
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let place = bytes.indices.randomElement(using: &random)!
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(bytes.randomElement(using: &random)!, at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            let payload = ([0, 0, 0] + bytes)[3...]
            for direction in [Direction.original, .reply] {
                for family in [AddressFamily.ipv4, .ipv6] {
                    if case .found(let found) = FTPGrammar.read(payload, direction, family) {
                        #expect(
                            found.range.upperBound <= bytes.count && found.port != 0 || found.address != nil)
                    }
                }
            }
            if let offer = IRCGrammar.offer(payload) { #expect(offer.range.upperBound <= bytes.count) }
            if let line = AmandaGrammar.line(payload) {
                for word in AmandaGrammar.words {
                    if case .port(let port) = AmandaGrammar.port(word, payload, line: line) {
                        #expect(port.range.upperBound <= bytes.count)
                    }
                }
            }
        }
    }

    /// The list and the folder.
    @Test func everyHelperIsInTheList() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Conntrack/Helpers/Standard")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix("Helper.swift") }
        let listed = StandardHelpers.all.map { "\($0).swift" }
        #expect(Set(files) == Set(listed), "the folder \(files.sorted()) and the list \(listed.sorted())")
        let names = StandardHelpers.all.map { $0.name.rawValue }
        #expect(Set(names).count == listed.count)
    }
}
