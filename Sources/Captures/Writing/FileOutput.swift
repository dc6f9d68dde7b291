import Glibc

/// A file that is written in pieces of 256 KiB.
struct FileOutput: ~Copyable {
    private let descriptor: CInt
    private let isOwner: Bool
    private var buffer: [UInt8] = []

    private static let pieceLength = 256 << 10

    /// Creates the file, or empties it.
    init(path: String) throws(CaptureError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        isOwner = true
        guard descriptor >= 0 else { throw CaptureError(system: errno) }
        buffer.reserveCapacity(Self.pieceLength)
    }

    init(descriptor: CInt) {
        self.descriptor = descriptor
        isOwner = false
        buffer.reserveCapacity(Self.pieceLength)
    }

    deinit {
        if isOwner { Glibc.close(descriptor) }
    }

    /// Appends an integer in the host's byte order.
    mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
        withUnsafeBytes(of: value) { buffer.append(contentsOf: $0) }
    }

    mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }

    mutating func append(text: String) {
        buffer.append(contentsOf: text.utf8)
    }

    mutating func append(zeros count: Int) {
        buffer.append(contentsOf: repeatElement(0, count: count))
    }

    /// Writes what has gathered once it is worth a system call.
    mutating func flushIfFull() throws(CaptureError) {
        if buffer.count >= Self.pieceLength { try flush() }
    }

    mutating func flush() throws(CaptureError) {
        var written = 0
        while written < buffer.count {
            let count = buffer[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                let number = errno
                // What couldn't be written once isn't tried again.
                buffer.removeAll(keepingCapacity: true)
                throw CaptureError(system: number)
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
