import Diagnostics
import Gateway
import Glibc
import PolicyFile

/// The gateway policy of a command.
enum PolicyInput {
    /// Prints what is wrong with the file on standard error, and throws if there are errors.
    static func read(_ path: String, color: ColorChoice) throws -> GatewayPolicy {
        let file = SourceFile(name: InputFile.name(of: path), bytes: try InputFile.read(path))
        let result = GatewayPolicyReader.read(file)
        let renderer = DiagnosticRenderer(usesColor: color.isOn(for: STDERR_FILENO))
        StandardError.write(renderer.render(result.diagnostics))
        guard let policy = result.policy else { throw Failure.reported }
        return policy
    }
}
