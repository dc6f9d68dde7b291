import Foundation
import Testing

/// `fmt --write` replaces a file whole, and leaves everything else about it alone.
@Suite struct FormatWriteTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let untidy = Data(
        "# mine\n*filter\n-A INPUT -p tcp --dport 22 -s 192.0.2.1 -j ACCEPT\nCOMMIT\n".utf8)
    private let tidy =
        "# mine\n*filter\n-A INPUT -s 192.0.2.1/32 -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"

    private func withFile(_ content: Data, _ body: (URL) throws -> Void) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("rules.v4")
        try content.write(to: file)
        try body(file)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(left.allSatisfy { !$0.hasPrefix(".") })
    }

    private func mode(_ file: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    }

    @Test func contentChangesAndModeStays() throws {
        try withFile(untidy) { file in
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
            let result = try Program.run(["fmt", "--write", file.path])
            #expect(result.exitCode == 0 && result.output.isEmpty)
            #expect(result.errors == "note: reformatted \(file.path)\n")
            #expect(try String(contentsOf: file, encoding: .utf8) == tidy)
            #expect(try mode(file) == 0o640)
            #expect(try Program.run(["fmt", "--write", file.path]).errors.isEmpty)
            #expect(try Program.run(["fmt", "--check", "--diff", file.path]).exitCode == 0)
        }
    }

    @Test func aLinkStaysALink() throws {
        try withFile(untidy) { file in
            let link = folder.appendingPathComponent("link")
            try FileManager.default.createSymbolicLink(
                atPath: link.path, withDestinationPath: file.lastPathComponent)
            #expect(try Program.run(["fmt", "--write", link.path]).exitCode == 0)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.lastPathComponent
            )
            #expect(try String(contentsOf: file, encoding: .utf8) == tidy)
        }
    }

    @Test func aFileWithErrorsStays() throws {
        let broken = Data("*filter\n-A INPUT  -p tpc\nCOMMIT\n".utf8)
        try withFile(broken) { file throws in
            #expect(try Program.run(["fmt", "--write", file.path]).exitCode == 2)
            #expect(try Data(contentsOf: file) == broken)
        }
    }

    @Test func standardInputIsRead() throws {
        let result = try Program.run(["fmt", "-"], input: untidy)
        #expect(result.output == tidy)
        #expect(try Program.run(["fmt", "--check", "-"], input: untidy).exitCode == 1)
    }
}
