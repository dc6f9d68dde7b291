import CZlib

/// The first bytes of what zlib, gzip or bare DEFLATE holds (RFC 1950 to 1952).
///
/// Stops at its limit, at the stream's end, where the input ends and where it makes no sense; what came before that
/// stands. Time and memory are bounded by the input and the limit.
enum Inflate {
    /// The raw values are zlib's window bits for them (zlib.h, `inflateInit2`).
    enum Format: CInt {
        case bare = -15
        case zlib = 15
        case gzip = 31
    }

    private static let step = 16_384

    /// - Parameter limit: how many bytes of output are wanted.
    static func prefix(of input: [UInt8], _ format: Format, limit: Int) -> [UInt8] {
        var stream = z_stream()
        let result = inflateInit2_(
            &stream, format.rawValue, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "inflateInit2: \(result)")
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var rest = input[...]
        var isOver = false
        while !isOver, output.count < limit {
            let room = min(limit - output.count, step)
            rest.prefix(step).withUnsafeBufferPointer { source in
                // zlib only reads there; its declaration lacks the const.
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.avail_in = UInt32(source.count)
                output += [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(room)
                    let result = inflate(&stream, Z_NO_FLUSH)
                    count = room - Int(stream.avail_out)
                    let taken = source.count - Int(stream.avail_in)
                    rest = rest.dropFirst(taken)
                    isOver = result != Z_OK || (taken == 0 && count == 0)
                }
            }
        }
        return output
    }
}
