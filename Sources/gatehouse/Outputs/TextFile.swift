import Glibc

/// Rules that are written when the work is done, in a file that is opened before: what can't be written is known at
/// once.
final class TextFile {
    private let path: String
    private let descriptor: Int32

    /// Creates the file, or empties it.
    /// - Parameter path: `-` is standard output.
    init(path: String) throws {
        self.path = path
        descriptor = path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw TextFile.failure(path) }
    }

    deinit {
        if descriptor != STDOUT_FILENO { close(descriptor) }
    }

    func write(_ text: String) throws {
        if descriptor == STDOUT_FILENO { return try StandardOutput.writeRules(text) }
        guard Array(text.utf8).withUnsafeBytes({ writeFully($0, to: descriptor) }) else {
            throw TextFile.failure(path)
        }
    }

    private static func failure(_ path: String) -> Failure {
        .system("can't write \(path): \(String(cString: strerror(errno)))")
    }
}

/// - Returns: false with `errno` set if not all of it could be written.
func writeFully(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written >= 0 {
            rest = rest.dropFirst(written)
        } else if errno != EINTR {
            return false
        }
    }
    return true
}
