import Gateway
import Glibc
import Reports
import Synchronization

/// A file to which a line is appended when a session ends. Any thread may write.
final class SessionLog: Sendable {
    private let path: String
    private let state: Mutex<Contents>

    private struct Contents {
        var descriptor: Int32
        var hasFailed = false
    }

    /// - Parameter path: `-` is standard output.
    init(path: String) throws {
        self.path = path
        state = Mutex(Contents(descriptor: try SessionLog.open(path)))
    }

    deinit {
        state.withLock { if $0.descriptor != STDOUT_FILENO { close($0.descriptor) } }
    }

    func write(_ session: SessionResult) {
        var line: [UInt8] = []
        SessionLines().appendJSON(session, to: &line)
        state.withLock { state in
            guard !line.withUnsafeBytes({ writeFully($0, to: state.descriptor) }), !state.hasFailed else {
                return
            }
            state.hasFailed = true
            StandardError.write("gatehouse: can't write \(path): \(String(cString: strerror(errno)))\n")
        }
    }

    /// Whether lines are missing.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Goes on in a new file, if somebody has moved the old one away.
    func reopen() throws {
        guard path != "-" else { return }
        let descriptor = try SessionLog.open(path)
        state.withLock { state in
            close(state.descriptor)
            state.descriptor = descriptor
        }
    }

    private static func open(_ path: String) throws -> Int32 {
        guard path != "-" else { return STDOUT_FILENO }
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw Failure.system("can't write \(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }
}
