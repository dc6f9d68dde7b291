import AddressSets
import ArgumentParser
import Diagnostics
import Glibc

/// Where the sets are that rules name.
struct SetOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What ipset save printed: the sets that rules name. In a snapshot folder, ipset.save is read by itself.",
            valueName: "file"))
    var ipset: String?
}

/// Reads sets, and prints what is wrong with them on standard error.
enum SetInput {
    /// - Throws: if the file can't be read or has errors.
    static func read(_ path: String, color: ColorChoice) throws -> SetCatalogue {
        try read(try RuleFileLoader.source(path), color: color)
    }

    static func read(_ file: SourceFile, color: ColorChoice) throws -> SetCatalogue {
        let result = SetFileReader(file).read()
        let renderer = DiagnosticRenderer(usesColor: color.isOn(for: STDERR_FILENO))
        StandardError.write(renderer.render(result.diagnostics))
        guard let catalogue = result.catalogue else { throw Failure.reported }
        return catalogue
    }

    /// The file that a command reads its sets from: the one that was named, else that of a snapshot folder.
    static func path(_ named: String?, rules: String) -> String? {
        if let named { return named }
        guard InputFile.isFolder(rules) else { return nil }
        let path = rules + (rules.hasSuffix("/") ? "" : "/") + "ipset.save"
        return InputFile.exists(path) ? path : nil
    }
}
