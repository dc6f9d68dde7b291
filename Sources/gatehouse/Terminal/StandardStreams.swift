import Diagnostics
import Glibc

/// Standard output, buffered.
struct StandardOutput: ~Copyable {
    private static let limit = 1 << 16
    /// What is waiting to be written; append to it, then call `flushIfFull`.
    var buffer: [UInt8] = []

    init() { buffer.reserveCapacity(StandardOutput.limit + 4096) }

    mutating func flushIfFull() throws {
        if buffer.count >= StandardOutput.limit { try flush() }
    }

    mutating func flush() throws {
        try StandardOutput.writeAll(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    static func writeAll(_ text: String) throws { try writeAll(Array(text.utf8)) }

    /// A text as it is for a file or a program, made safe for a terminal.
    static func writeText(_ text: String) throws { try writeText(Array(text.utf8)) }

    static func writeText(_ bytes: [UInt8]) throws {
        guard isatty(STDOUT_FILENO) == 1 else { return try writeAll(bytes) }
        let text = String(decoding: bytes, as: UTF8.self)
        try writeAll(
            text.split(separator: "\n", omittingEmptySubsequences: false).map { SafeText.line(String($0)) }
                .joined(separator: "\n"))
    }

    static func writeAll(_ bytes: [UInt8]) throws {
        guard !bytes.withUnsafeBytes({ writeFully($0, to: STDOUT_FILENO) }) else { return }
        throw errno == EPIPE
            ? Failure.closedPipe
            : Failure.system("can't write to standard output: \(String(cString: strerror(errno)))")
    }
}

enum StandardError {
    static func write(_ text: String) {
        // Where even this can't be written, the exit code has to tell.
        _ = Array(text.utf8).withUnsafeBytes { writeFully($0, to: STDERR_FILENO) }
    }

    /// A remark about what was done, beside the results.
    static func note(_ text: String) { write("note: \(SafeText.line(text))\n") }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
