import Glibc

/// A text that is written when the work is done. What can't be written is known before; until then, and if the work
/// fails, a file of that name keeps what it held.
final class TextFile {
    /// A new file in the same folder, which takes the name in the end.
    private struct Draft {
        var path: String
        /// The path behind symbolic links.
        var target: String
    }

    private let path: String
    private let descriptor: Int32
    /// Nil for what can't be replaced: a device, a pipe, a file in a folder that takes no new ones.
    private var draft: Draft?

    /// - Parameter path: `-` is standard output.
    init(path: String) throws {
        self.path = path
        if path == "-" {
            descriptor = STDOUT_FILENO
        } else if let draft = TextFile.draft(of: path) {
            descriptor = draft.descriptor
            self.draft = draft.draft
        } else {
            descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw TextFile.failure(path) }
        }
    }

    deinit {
        if descriptor != STDOUT_FILENO { close(descriptor) }
        if let draft { unlink(draft.path) }
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        if descriptor == STDOUT_FILENO { return try StandardOutput.writeText(bytes) }
        guard bytes.withUnsafeBytes({ writeFully($0, to: descriptor) }) else { throw TextFile.failure(path) }
        guard let draft else { return }
        guard fsync(descriptor) == 0, rename(draft.path, draft.target) == 0 else {
            throw TextFile.failure(path)
        }
        self.draft = nil
    }

    private static func draft(of path: String) -> (descriptor: Int32, draft: Draft)? {
        var status = stat()
        let exists = stat(path, &status) == 0
        if exists {
            guard status.st_mode & S_IFMT == S_IFREG, access(path, W_OK) == 0 else { return nil }
        } else if lstat(path, &status) == 0 {
            // A symbolic link to nowhere: the file is made where it points.
            return nil
        }
        var target = path
        if exists, let resolved = realpath(path, nil) {
            target = String(cString: resolved)
            free(resolved)
        }
        let draft = Draft(path: "\(target).\(getpid()).tmp", target: target)
        let descriptor = open(draft.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return nil }
        if exists {
            // The owner stays where that is allowed. It goes first: it clears set-user-id bits.
            _ = fchown(descriptor, status.st_uid, status.st_gid)
            fchmod(descriptor, status.st_mode & 0o7777)
        }
        return (descriptor, draft)
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
