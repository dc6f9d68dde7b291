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

    static func writeAll(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = write(
                    STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EPIPE {
                    throw Failure.closedPipe
                } else if errno != EINTR {
                    throw Failure.system(
                        "can't write to standard output: \(String(cString: strerror(errno)))")
                }
            }
        }
    }
}

enum StandardError {
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let written = bytes[start...].withUnsafeBytes {
                Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            if written > 0 {
                start += written
            } else if errno != EINTR {
                return
            }
        }
    }

    /// A remark about what was done, beside the results.
    static func note(_ text: String) { write("note: \(SafeText.line(text))\n") }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
