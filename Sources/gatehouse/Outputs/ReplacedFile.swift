import Glibc

/// A file whose content is replaced: whoever opens it finds the old or the new, never a part.
enum ReplacedFile {
    /// The mode stays, and the owner where that is allowed. A symbolic link stays one.
    static func write(_ bytes: [UInt8], over path: String) throws {
        guard let real = realpath(path, nil) else { throw failure(path) }
        defer { free(real) }
        let target = String(cString: real)
        var status = stat()
        guard stat(target, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Failure.input("\(path) is no ordinary file") }
        let slash = target.utf8.lastIndex(of: UInt8(ascii: "/")) ?? target.startIndex
        var template = Array("\(target[...slash]).gatehouse-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(path) }
        do {
            defer { close(descriptor) }
            _ = fchown(descriptor, status.st_uid, status.st_gid)
            guard bytes.withUnsafeBytes({ writeFully($0, to: descriptor) }),
                fchmod(descriptor, status.st_mode & 0o7777) == 0, fsync(descriptor) == 0
            else {
                let failure = failure(path)
                unlink(template)
                throw failure
            }
        }
        guard rename(template, target) == 0 else {
            let failure = failure(path)
            unlink(template)
            throw failure
        }
    }

    private static func failure(_ path: String) -> Failure {
        .system("can't write \(path): \(String(cString: strerror(errno)))")
    }
}
