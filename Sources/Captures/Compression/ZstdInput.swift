import Glibc

/// A zstd file of any number of frames (RFC 8878), decompressed as it is read. libzstd itself declines
/// windows over 128 MiB, which bounds the memory.
final class ZstdInput: ByteInput {
    private var compressed: InputWindow
    private let library: ZstdLibrary
    private let stream: OpaquePointer
    /// Whether the input so far ends with a whole frame.
    private var isBetweenFrames = false
    /// Whether the decoder filled its output and may hold more.
    private var hasPendingOutput = false
    private var failure: CaptureError?

    /// `ZSTD_inBuffer` and `ZSTD_outBuffer`.
    private struct Buffer {
        var start: UnsafeMutableRawPointer?
        var size: Int
        var position: Int
    }

    init(_ compressed: consuming InputWindow, library: ZstdLibrary?) throws(CaptureError) {
        guard let library else {
            throw CaptureError(
                .unsupported,
                "compressed with zstd, and libzstd.so.1 isn't here: install the package libzstd1")
        }
        guard let stream = library.create() else { throw CaptureError(system: ENOMEM) }
        self.compressed = compressed
        self.library = library
        self.stream = stream
    }

    deinit {
        _ = library.free(stream)
    }

    var progress: CaptureProgress { compressed.input.progress }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        if let failure { throw failure }
        var output = Buffer(start: buffer.baseAddress, size: buffer.count, position: 0)
        while output.position == 0 {
            do {
                guard try decompress(into: &output) else { return 0 }
            } catch {
                failure = error
                if output.position == 0 { throw error }
            }
        }
        return output.position
    }

    /// One step of the decoder; false at the end of the last frame.
    private func decompress(into output: inout Buffer) throws(CaptureError) -> Bool {
        if !hasPendingOutput {
            guard try compressed.has(1) else {
                if isBetweenFrames { return false }
                throw CaptureError(.truncated, "the zstd data ends inside a frame")
            }
        }
        let source = compressed.next(compressed.available)
        var input = Buffer(start: source.baseAddress, size: source.count, position: 0)
        let result = library.decompress(stream, &output, &input)
        compressed.consume(input.position)
        if library.isError(result) != 0 {
            throw CaptureError(.corrupt, "damaged zstd data: \(String(cString: library.errorName(result)))")
        }
        isBetweenFrames = result == 0
        hasPendingOutput = result != 0 && output.position == output.size
        return true
    }
}
