import ArgumentParser
import Diagnostics
import Glibc

/// The program: its subcommands, and how an error becomes an exit code.
@main
struct Gatehouse: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A firewall simulator: replays captures through iptables rules as Linux would.",
        version: "0.1.0",
        subcommands: [
            CheckCommand.self, FmtCommand.self, LintCommand.self, ReplayCommand.self, ExplainCommand.self,
            QueryCommand.self,
            VerifyCommand.self, DiffCommand.self, ProxyCommand.self, CompareCommand.self, ServeCommand.self,
            SnapshotCommand.self, CaptureCommand.self,
        ])

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        Glibc.exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// 0: done and nothing to complain of. 1: the answer is "no". 2: usage or unreadable input. 3: our own
    /// failure. 130: interrupted, as shells count SIGINT.
    private static func run(_ arguments: [String]) -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let failure as Failure {
            if let message = failure.message { StandardError.write("gatehouse: \(message)\n") }
            return failure.exitCode
        } catch {
            // Help and version are errors to ArgumentParser, too, with exit code 0.
            let message = fullMessage(for: error)
            if exitCode(for: error).isSuccess {
                try? StandardOutput.writeAll(message + "\n")
                return 0
            }
            for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
                StandardError.write(SafeText.line(String(line)) + "\n")
            }
            return 2
        }
    }
}

/// Why a command ended early.
enum Failure: Error {
    /// Input or usage that it can't work with.
    case input(String)
    /// The same, said already (diagnostics were printed).
    case reported
    /// It did what was asked; the answer, which is printed, is "no".
    case answeredNo
    /// I/O, the system.
    case system(String)
    /// Nobody reads standard output any more.
    case closedPipe
    case interrupted

    var message: String? {
        switch self {
        case .input(let text), .system(let text): SafeText.line(text)
        case .reported, .answeredNo, .closedPipe, .interrupted: nil
        }
    }

    var exitCode: Int32 {
        switch self {
        case .answeredNo: 1
        case .input, .reported: 2
        case .system: 3
        case .closedPipe: 0
        case .interrupted: 130
        }
    }
}

extension Failure {
    /// Questions about all packets have a budget.
    static func tooComplex(_ rules: String) -> Failure {
        .system("\(rules): too complex: the sets of packets grew over what is kept of them")
    }
}
