import AddressSets
import ArgumentParser
import Diagnostics
import Glibc

/// Where the sets are that rules name.
struct SetOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What ipset save printed: the sets that rules name. Those of a snapshot are read by themselves.",
            valueName: "file"))
    var ipset: String?
}

/// Reads sets, and prints what is wrong with them on standard error.
enum SetInput {
    /// - Throws: if the file has errors.
    static func read(_ file: SourceFile, color: ColorChoice) throws -> SetCatalogue {
        let result = SetFileReader(file).read()
        let renderer = DiagnosticRenderer(usesColor: color.isOn(for: STDERR_FILENO))
        StandardError.write(renderer.render(result.diagnostics))
        guard let catalogue = result.catalogue else { throw Failure.reported }
        return catalogue
    }

    /// The sets of a command: those of the file that was named, else those of a snapshot where rules stand.
    static func file(_ named: String?, _ snapshot: SnapshotFiles?) throws -> SourceFile? {
        if let named { return try RuleFileLoader.source(named) }
        guard let snapshot, let bytes = try snapshot.read("ipset.save") else { return nil }
        return try RuleFileLoader.source(snapshot.path(of: "ipset.save"), bytes: bytes)
    }
}
