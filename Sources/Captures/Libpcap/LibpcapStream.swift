import CPcap
import Glibc

/// A `FILE` that reads from a `ByteInput`, so that libpcap gets decompressed bytes and pipes too.
final class LibpcapStream {
    /// What was read to find out the format.
    private var prefix: ArraySlice<UInt8>
    private let input: any ByteInput
    /// The error that libpcap only knows as "read failed".
    private(set) var failure: CaptureError?

    init(prefix: [UInt8], input: any ByteInput) {
        self.prefix = prefix[...]
        self.input = input
    }

    /// The file keeps this object alive until it is closed.
    func openFile() -> UnsafeMutablePointer<FILE>? {
        let cookie = Unmanaged.passRetained(self)
        let functions = cookie_io_functions_t(
            read: { cookie, buffer, count in
                guard let cookie, let buffer else { return -1 }
                let stream = Unmanaged<LibpcapStream>.fromOpaque(cookie).takeUnretainedValue()
                return stream.read(UnsafeMutableRawBufferPointer(start: buffer, count: count))
            },
            write: nil,
            seek: nil,
            close: { cookie in
                if let cookie { Unmanaged<LibpcapStream>.fromOpaque(cookie).release() }
                return 0
            })
        guard let file = fopencookie(cookie.toOpaque(), "r", functions) else {
            cookie.release()
            return nil
        }
        return file
    }

    private func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        if !prefix.isEmpty {
            let count = min(prefix.count, buffer.count)
            buffer.copyBytes(from: prefix.prefix(count))
            prefix = prefix.dropFirst(count)
            return count
        }
        do {
            return try input.read(into: buffer)
        } catch {
            failure = error
            errno = EIO
            return -1
        }
    }
}
