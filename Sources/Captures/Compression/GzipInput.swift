import CZlib

/// A gzip file of any number of members (RFC 1952), inflated as it is read.
final class GzipInput: ByteInput {
    private var compressed: InputWindow
    /// zlib keeps a pointer to its stream: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var state = State.member

    private enum State {
        /// Inside a member.
        case member
        /// Behind a member; another may follow.
        case between
        case failed(CaptureError)
    }

    init(_ compressed: consuming InputWindow) {
        self.compressed = compressed
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 + 16: the largest window, with a gzip header (zlib.h, inflateInit2).
        let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "inflateInit2: \(result)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    var progress: CaptureProgress { compressed.input.progress }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        let room = min(buffer.count, Int(UInt32.max))
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        while true {
            let produced = room - Int(stream.pointee.avail_out)
            if produced > 0 && (produced == room || compressed.available == 0) { return produced }
            do {
                guard try advance() else { return produced }
            } catch {
                state = .failed(error)
                let produced = room - Int(stream.pointee.avail_out)
                if produced > 0 { return produced }
                throw error
            }
        }
    }

    /// Inflates what is in memory, or reads more; false at the end of the last member.
    private func advance() throws(CaptureError) -> Bool {
        switch state {
        case .failed(let error): throw error
        case .between:
            guard try compressed.has(1) else { return false }
            guard try compressed.has(2), compressed.next(2)[0] == 0x1f, compressed.next(2)[1] == 0x8b else {
                return try skipPadding()
            }
            inflateReset(stream)
            state = .member
        case .member:
            guard try compressed.has(1) else {
                throw CaptureError(.truncated, "the gzip data ends before its end mark")
            }
            try inflateAvailable()
        }
        return true
    }

    private func inflateAvailable() throws(CaptureError) {
        let source = compressed.next(compressed.available)
        stream.pointee.next_in = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(source.count)
        let result = inflate(stream, Z_NO_FLUSH)
        compressed.consume(source.count - Int(stream.pointee.avail_in))
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: state = .between
        default:
            let detail = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)"
            throw CaptureError(.corrupt, "damaged gzip data: \(detail)")
        }
    }

    /// gzip(1) takes zeros behind the last member for a tape's padding.
    private func skipPadding() throws(CaptureError) -> Bool {
        while try compressed.has(1) {
            guard compressed.next(1)[0] == 0 else {
                throw CaptureError(.corrupt, "something else follows the gzip data")
            }
            compressed.consume(1)
        }
        return false
    }
}
