import AddressSets
import ArgumentParser
import Diagnostics
import Extensions
import Glibc
import Packets
import RuleModel

enum FamilyChoice: String, CaseIterable, ExpressibleByArgument {
    case ipv4, ipv6

    var family: AddressFamily { self == .ipv4 ? .ipv4 : .ipv6 }
}

/// The rule sets of a command: at most one of each family.
struct RuleInput {
    private(set) var ipv4: RuleSet?
    private(set) var ipv6: RuleSet?
    /// The host snapshot that stood in place of a rule file.
    private(set) var snapshot: SnapshotFiles?
    /// All files that were read.
    private(set) var files: [String] = []

    /// - Parameters:
    ///   - rules: a rule file, or a snapshot whose `rules.v4` and `rules.v6` are the rules.
    ///   - rules6: a second file, for IPv6.
    ///   - ipset: a file of sets; without it, that of a snapshot.
    ///   - bytes: what the rule file holds, if it has been read.
    init(
        _ rules: String, rules6: String?, ipset: String?, family: FamilyChoice?, color: ColorChoice,
        bytes: [UInt8]? = nil, facts: FactHandling = .open, backend: RuleBackend = .legacy
    ) throws {
        snapshot = bytes == nil ? try SnapshotFiles(rules) : nil
        let setFile = try SetInput.file(ipset, snapshot)
        let sets = try setFile.map { try SetInput.read($0, color: color) }
        files += [ipset].compactMap { $0 } + (snapshot.map { [$0.path] + $0.paths } ?? [])
        var reader = RuleFileLoader(color: color, facts: facts, sets: sets, backend: backend)
        for file in try RuleFileLoader.files(rules, snapshot, family?.family, bytes: bytes) {
            take(try reader.load(file), file.path)
        }
        if let rules6 {
            guard ipv6 == nil || snapshot != nil else {
                throw Failure.input(
                    "\(rules) has IPv6 rules already: leave out --rules6, or say --family ipv4")
            }
            take(try reader.load(RuleFile(path: rules6, family: .ipv6)), rules6)
        }
        try reader.finish()
    }

    var all: [RuleSet] { [ipv4, ipv6].compactMap { $0 } }

    private mutating func take(_ ruleSets: [RuleSet], _ path: String) {
        files.append(path)
        for ruleSet in ruleSets {
            if ruleSet.family == .ipv4 { ipv4 = ruleSet } else { ipv6 = ruleSet }
        }
    }
}

/// One file of rules.
struct RuleFile {
    /// What messages call it.
    var path: String
    /// Nil if the file itself has to tell.
    var family: AddressFamily?
    /// What it holds, if it has been read.
    var bytes: [UInt8]?

    func source() throws -> SourceFile { try RuleFileLoader.source(path, bytes: bytes) }
}

/// Compiles rule files, and prints what is wrong with them on standard error.
struct RuleFileLoader {
    /// Interfaces are numbered with 16 bits, and captures and snapshots name some, too.
    private static let interfaceLimit = 1 << 14

    private let renderer: DiagnosticRenderer
    private let facts: FactHandling
    private let sets: SetCatalogue?
    private let backend: RuleBackend
    private(set) var diagnostics: [Diagnostic] = []

    /// - Parameter sets: nil if nobody said which there are.
    init(
        color: ColorChoice, facts: FactHandling, sets: SetCatalogue?, backend: RuleBackend = .legacy
    ) {
        renderer = DiagnosticRenderer(usesColor: color.isOn(for: STDERR_FILENO))
        self.facts = facts
        self.sets = sets
        self.backend = backend
    }

    /// One rule set, or one of each family from a script; none if the file has errors, which `finish` reports.
    mutating func load(_ ruleFile: RuleFile) throws -> [RuleSet] {
        let file = try ruleFile.source()
        let builder = RuleSetBuilder(
            catalogue: .standard, family: ruleFile.family, facts: facts, sets: sets, backend: backend)
        let result = builder.buildAll(file)
        diagnostics += result.diagnostics
        for ruleSet in result.ruleSets
        where RuleFileLoader.interfaceCount(ruleSet) > RuleFileLoader.interfaceLimit {
            throw Failure.input("\(ruleFile.path): over \(RuleFileLoader.interfaceLimit) names of interfaces")
        }
        return result.ruleSets
    }

    /// The rule files behind an argument.
    /// - Parameters:
    ///   - snapshot: what the path leads to, if that is a snapshot.
    ///   - bytes: what the file holds, if it has been read.
    static func files(
        _ path: String, _ snapshot: SnapshotFiles?, _ family: AddressFamily?, bytes: [UInt8]? = nil
    ) throws -> [RuleFile] {
        guard let snapshot else { return [RuleFile(path: path, family: family, bytes: bytes)] }
        let names: [(String, AddressFamily)] = [("rules.v4", .ipv4), ("rules.v6", .ipv6)]
        let files = try names.compactMap { name, family in
            try snapshot.read(name).map { RuleFile(path: snapshot.path(of: name), family: family, bytes: $0) }
        }
        guard !files.isEmpty else { throw Failure.input("\(path) holds neither rules.v4 nor rules.v6") }
        return files
    }

    /// - Throws: if it can't be read, or is something else than text.
    static func source(_ path: String, bytes: [UInt8]? = nil) throws -> SourceFile {
        let bytes = try bytes ?? InputFile.read(path)
        let name = InputFile.name(of: path)
        if let complaint = complaint(about: bytes) { throw Failure.input("\(name) \(complaint)") }
        return SourceFile(name: name, bytes: bytes)
    }

    /// Prints the diagnostics, and throws if there are errors among them.
    func finish() throws {
        StandardError.write(renderer.render(diagnostics))
        if diagnostics.contains(where: { $0.severity == .error }) { throw Failure.reported }
    }

    private static func interfaceCount(_ ruleSet: RuleSet) -> Int {
        var names: Set<String> = []
        for rule in ruleSet.tables.lazy.flatMap(\.chains).flatMap(\.rules) {
            if let name = rule.header.inInterface?.value.text { names.insert(name) }
            if let name = rule.header.outInterface?.value.text { names.insert(name) }
        }
        return names.count
    }

    /// What keeps a file from being a rule file at all, where thousands of errors in it would say less.
    private static func complaint(about bytes: [UInt8]) -> String? {
        func begins(_ prefixes: [[UInt8]]) -> Bool { prefixes.contains { bytes.starts(with: $0) } }
        if begins([
            [0xa1, 0xb2, 0xc3, 0xd4], [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d],
            [0x4d, 0x3c, 0xb2, 0xa1],
            [0x0a, 0x0d, 0x0d, 0x0a],
        ]) {
            return "is a capture, and rules are needed here: rules come first, then captures"
        }
        if begins([[0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, 0x37, 0x7a, 0x58], [0x42, 0x5a, 0x68]]) {
            return "is compressed: unpack it first"
        }
        if begins([[0xef, 0xbb, 0xbf]]) {
            return
                "begins with a byte order mark, which iptables-restore refuses: save it as UTF-8 without one"
        }
        if begins([[0xff, 0xfe], [0xfe, 0xff]]) { return "is UTF-16 text: save it as UTF-8" }
        if bytes.prefix(4096).contains(0) { return "is no text, so it holds no rules" }
        return nil
    }
}
