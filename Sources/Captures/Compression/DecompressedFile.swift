/// A file that isn't a capture, read from its beginning; what gzip or zstd compressed comes out decompressed.
public struct DecompressedFile: ~Copyable {
    public let name: String
    private var window: InputWindow
    private let isDecompressed: Bool

    public init(path: String) throws(CaptureError) {
        name = path
        do throws(CaptureError) {
            var window = InputWindow(try FileInput(path: path))
            var format: CaptureFormat?
            if try window.has(CaptureFormat.prefixLength) {
                format = CaptureFormat(prefix: window.next(CaptureFormat.prefixLength).bytes)
            }
            switch format {
            case .gzip: self.window = InputWindow(GzipInput(window))
            case .zstd: self.window = InputWindow(try ZstdInput(window, library: ZstdLibrary()))
            default: self.window = window
            }
            isDecompressed = format == .gzip || format == .zstd
        } catch {
            throw error.naming(path)
        }
    }

    /// The next bytes: `count` of them, or those that are left.
    public mutating func read(_ count: Int) throws(CaptureError) -> [UInt8] {
        do throws(CaptureError) {
            let length = try window.has(count) ? count : window.available
            let bytes = Array(window.next(length))
            window.consume(length)
            return bytes
        } catch {
            throw error.naming(name).counting(decompressedBytes: isDecompressed)
        }
    }
}
