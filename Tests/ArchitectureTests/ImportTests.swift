import Foundation
import Testing

/// The table of targets: what each may import of the others, of libraries, and of the system.
/// A target imports only targets above it.
private let layers: [(target: String, imports: Set<String>)] = [
    ("Diagnostics", []),
    ("Packets", []),
    ("RuleSyntax", ["Diagnostics"]),
    ("AddressSets", ["Diagnostics", "Packets", "RuleSyntax"]),
    ("RuleModel", ["Diagnostics", "Packets", "RuleSyntax", "AddressSets"]),
    ("Extensions", ["Diagnostics", "Packets", "AddressSets", "RuleModel"]),
    ("Conntrack", ["Packets"]),
    ("Engine", ["Packets", "RuleModel", "Conntrack"]),
    ("Symbolic", ["Packets", "RuleModel"]),
    ("Queries", ["Diagnostics", "Packets", "RuleModel", "Symbolic"]),
    ("Linter", ["Diagnostics", "Packets", "RuleSyntax", "RuleModel", "Symbolic"]),
    ("Gateway", ["Packets", "CZlib"]),
    ("PolicyFile", ["Diagnostics", "Packets", "Gateway", "Yams"]),
    ("Replay", ["Packets", "RuleModel", "Conntrack", "Engine", "Gateway"]),
    (
        "Reports",
        [
            "Diagnostics", "Packets", "RuleModel", "Conntrack", "Engine", "Symbolic", "Queries", "Linter",
            "Gateway", "Replay",
        ]
    ),
    ("Captures", ["Packets", "CPcap", "CZlib", "Glibc"]),
    ("GatewayServer", ["Packets", "Gateway", "NIOCore", "NIOPosix", "Glibc", "Synchronization"]),
    (
        "KernelOracle",
        ["Packets", "RuleModel", "Conntrack", "Engine", "CPcap", "CLinux", "Glibc", "Foundation"]
    ),
    (
        "gatehouse",
        [
            "Diagnostics", "Packets", "RuleSyntax", "AddressSets", "RuleModel", "Extensions", "Conntrack",
            "Engine", "Symbolic", "Queries", "Linter", "Gateway", "PolicyFile", "Replay", "Reports",
            "Captures", "GatewayServer", "KernelOracle",
            "ArgumentParser", "Foundation", "Glibc", "Synchronization",
        ]
    ),
]

/// Targets of C declarations, which import nothing.
private let systemTargets: Set<String> = ["CPcap", "CZlib", "CLinux"]

let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func swiftFiles(under folder: String) -> [URL] {
    let root = repository.appendingPathComponent(folder)
    guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
        return []
    }
    return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
}

/// The modules that a file's `import` lines name, with the line numbers.
private func imports(of file: URL) throws -> [(line: Int, module: String)] {
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
        index, line in
        var words = line.split(separator: " ").map(String.init)
        while let first = words.first,
            first.hasPrefix("@") || ["public", "package", "internal"].contains(first)
        {
            words.removeFirst()
        }
        guard words.first == "import", words.count > 1 else { return nil }
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "typealias"]
        let path = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
        return (index + 1, String(path.split(separator: ".")[0]))
    }
}

@Suite struct ImportTests {
    @Test(arguments: layers.map(\.target))
    func aTargetImportsOnlyWhatTheTableAllows(target: String) throws {
        let allowed = try #require(layers.first { $0.target == target }).imports
        let files = swiftFiles(under: "Sources/\(target)")
        #expect(!files.isEmpty, "Sources/\(target) has no Swift file")
        for file in files {
            for (line, module) in try imports(of: file) where !allowed.contains(module) {
                Issue.record("\(file.path):\(line): \(target) may not import \(module)")
            }
        }
    }

    @Test func everyFolderOfSourcesIsInTheTable() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: repository.appendingPathComponent("Sources").path)
        #expect(Set(folders) == Set(layers.map(\.target)).union(systemTargets))
    }

    /// A type named like its module makes `Module.Type` unspeakable.
    @Test(arguments: layers.map(\.target))
    func noTypeCarriesItsModulesName(target: String) throws {
        let declaration = try Regex("\\b(struct|class|enum|actor|protocol)\\s+\(target)\\b")
        for file in swiftFiles(under: "Sources/\(target)") {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(!text.contains(declaration), "\(file.path) declares a type named \(target)")
        }
    }
}
