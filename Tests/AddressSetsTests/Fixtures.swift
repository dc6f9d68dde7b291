import AddressSets
import Diagnostics
import Foundation

/// The files in `Fixtures/AddressSets`.
enum Fixtures {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/AddressSets")

    static func names(extension suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.path)
            .filter { $0.hasSuffix("." + suffix) }.sorted()
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }
}

/// The sets that some text makes, and what is said of it.
func read(_ text: String) -> (catalogue: SetCatalogue?, diagnostics: [Diagnostic]) {
    SetFileReader(SourceFile(name: "ipset.save", text: text)).read()
}
