public import Diagnostics
public import RuleSyntax

/// Runs the `ipset` commands of a script.
public enum SetCommands {
    /// What there is when all of them are done, as far as they could be.
    /// - Parameter sets: those that are there before.
    public static func run(
        _ commands: [SetCommand], from sets: SetCatalogue?, _ diagnostics: inout DiagnosticCollector
    ) -> SetCatalogue {
        var reader = SetCommandReader(diagnostics: diagnostics)
        if let sets { reader.begin(with: sets) }
        for command in commands where !reader.diagnostics.isFull {
            reader.run(command.words, at: command.range, mayFail: command.mayFail)
        }
        diagnostics = reader.diagnostics
        return reader.workspace.catalogue()
    }
}
