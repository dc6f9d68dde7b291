import Diagnostics
import Gateway
import Glibc
import PolicyFile

/// A gateway policy that the user names.
enum PolicyInput {
    /// Reads it and prints what is wrong with it on standard error; throws if there are errors.
    static func read(_ path: String, color: ColorChoice) throws -> GatewayPolicy {
        try policy(SourceFile(name: InputFile.name(of: path), bytes: InputFile.read(path)), color: color)
    }

    static func policy(_ file: SourceFile, color: ColorChoice) throws -> GatewayPolicy {
        let result = GatewayPolicyReader.read(file)
        StandardError.write(
            DiagnosticRenderer(usesColor: color.isOn(for: STDERR_FILENO)).render(result.diagnostics))
        guard let policy = result.policy else { throw Failure.reported }
        return policy
    }

    /// Whether a file is a policy rather than rules: by its name, or by its first line that says something.
    static func isPolicy(_ path: String, _ bytes: [UInt8]) -> Bool {
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") { return true }
        let lines = bytes.prefix(1 << 16).split(separator: UInt8(ascii: "\n"))
        guard
            let line = lines.first(where: { line in
                let first = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }
                return first != nil && first != UInt8(ascii: "#") && !line.elementsEqual("---".utf8)
            })
        else { return false }
        let keys = ["gateway", "listeners", "unlisted", "limits", "rules", "default", "anomalies"]
        return keys.contains { line.starts(with: "\($0):".utf8) }
    }
}
