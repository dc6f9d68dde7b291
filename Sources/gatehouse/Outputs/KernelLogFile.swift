import Engine
import Glibc
import Replay
import Reports

/// `--log`: a line for each packet that a LOG rule met, and for each rule that a packet met behind TRACE.
struct KernelLogFile: ~Copyable {
    private static let limit = 1 << 16

    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter path: `-` is standard output.
    init(path: String) throws {
        self.path = path
        descriptor =
            path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw KernelLogFile.failure(path) }
    }

    /// What the packet that was processed last, and the host's answer to it, left in the log.
    mutating func write(_ session: borrowing ReplaySession) throws {
        try write(session.replayer.firewall.ipv4.logged, session)
        try write(session.replayer.firewall.ipv6.logged, session)
    }

    private mutating func write(_ logged: [LoggedPacket], _ session: borrowing ReplaySession) throws {
        if logged.isEmpty { return }
        let text = KernelLogText(session.book, interfaces: session.interfaces)
        for packet in logged {
            guard let line = text.line(packet) else { continue }
            buffer += Array(line.utf8)
            buffer.append(UInt8(ascii: "\n"))
        }
        if buffer.count >= KernelLogFile.limit { try flush() }
    }

    private mutating func flush() throws {
        if descriptor == STDOUT_FILENO {
            try StandardOutput.writeText(buffer)
        } else if !buffer.withUnsafeBytes({ writeFully($0, to: descriptor) }) {
            throw KernelLogFile.failure(path)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    consuming func close() throws {
        try flush()
        if descriptor != STDOUT_FILENO, Glibc.close(descriptor) != 0 { throw KernelLogFile.failure(path) }
    }

    private static func failure(_ path: String) -> Failure {
        .system("can't write \(path): \(String(cString: strerror(errno)))")
    }
}
