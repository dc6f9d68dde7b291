/// Why a capture can't be opened, read on, or written.
public struct CaptureError: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// The system refused: the number is `errno`.
        case system(Int32)
        case isDirectory
        /// No bytes at all.
        case empty
        /// No capture format that is known begins like this.
        case notACapture
        /// A capture, but of a version, a compression or a link type that can't be handled here.
        case unsupported
        /// The file ends inside a header, a record or a compressed stream.
        case truncated
        /// A length or a checksum that can't be right.
        case corrupt
    }

    public var reason: Reason
    /// What went wrong, without the file's name and the offset.
    public var message: String
    /// The file's name as its opener gave it.
    public var file: String
    /// Where the record begins that couldn't be read, or where the readable bytes end, in bytes from the
    /// start of the capture.
    public var offset: UInt64?
    /// Whether `offset` counts decompressed bytes.
    public var offsetIsDecompressed: Bool

    init(_ reason: Reason, _ message: String, at offset: UInt64? = nil) {
        self.reason = reason
        self.message = message
        self.file = ""
        self.offset = offset
        self.offsetIsDecompressed = false
    }

    consuming func naming(_ file: String) -> CaptureError {
        self.file = file
        return self
    }

    consuming func counting(decompressedBytes: Bool) -> CaptureError {
        offsetIsDecompressed = decompressedBytes && offset != nil
        return self
    }
}

extension CaptureError: CustomStringConvertible {
    /// One line: the file, what went wrong, and where.
    public var description: String {
        var text = "\(file): \(message)"
        if let offset {
            text += " (at byte \(offset)\(offsetIsDecompressed ? " of the decompressed data" : ""))"
        }
        return text
    }
}
