import Glibc

/// A file, read with read(2).
final class FileInput: ByteInput {
    private let descriptor: CInt
    private let isOwner: Bool
    private(set) var progress: CaptureProgress

    convenience init(path: String) throws(CaptureError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CaptureError(system: errno) }
        try self.init(descriptor: descriptor, isOwner: true)
        posix_fadvise(descriptor, 0, 0, CInt(POSIX_FADV_SEQUENTIAL))
    }

    init(descriptor: CInt, isOwner: Bool) throws(CaptureError) {
        self.descriptor = descriptor
        self.isOwner = isOwner
        self.progress = CaptureProgress(bytesRead: 0, bytesTotal: nil)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CaptureError(system: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw CaptureError(.isDirectory, "is a directory")
        case S_IFREG:
            let position = lseek(descriptor, 0, SEEK_CUR)
            progress.bytesTotal = UInt64(max(status.st_size - max(position, 0), 0))
        default: break
        }
    }

    deinit {
        if isOwner { close(descriptor) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                progress.bytesRead += UInt64(count)
                return count
            }
            guard errno == EINTR else { throw CaptureError(system: errno) }
        }
    }
}

extension CaptureError {
    init(system number: CInt) {
        self.init(.system(number), String(cString: strerror(number)))
    }
}
