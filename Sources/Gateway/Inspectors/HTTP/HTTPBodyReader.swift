/// Reads a message's body and writes it anew, with the same boundaries of chunks. Extensions of chunks and trailers are
/// checked and left out.
struct HTTPBodyReader: Sendable {
    let framing: HTTPFraming
    /// Whether chunks are written as chunks; else only what is in them, for a client of HTTP/1.0.
    let keepsChunks: Bool
    private(set) var isComplete: Bool
    /// Bytes of content so far.
    private(set) var length = 0
    /// The first bytes of content, at most `captureLimit`.
    private(set) var captured: [UInt8] = []
    var captureLimit = 0

    private var remaining: Int
    private var part = Part.sizeLine
    private var line: [UInt8] = []
    private var trailer = HTTPHeadReader(.trailer)

    private enum Part: Sendable { case sizeLine, data, dataEnd, trailer }

    init(_ framing: HTTPFraming, keepsChunks: Bool = true) {
        self.framing = framing
        self.keepsChunks = keepsChunks
        if case .length(let length) = framing { remaining = length } else { remaining = 0 }
        isComplete = framing == .none || framing == .length(0)
    }

    /// Reads on from `position`, and stops behind the body's last byte.
    ///
    /// - Parameter output: gets what goes on.
    mutating func read(
        _ bytes: [UInt8], _ position: inout Int, output: inout [UInt8], _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) {
        while position < bytes.count, !isComplete {
            switch framing {
            case .none: return
            case .untilClose: take(bytes.count - position, of: bytes, &position, &output)
            case .length:
                take(min(remaining, bytes.count - position), of: bytes, &position, &output)
                isComplete = remaining == 0
            case .chunked: try readChunk(bytes, &position, &output, &strictness)
            }
            try strictness.check(length, .bodyBytes, status: 413)
        }
    }

    /// The connection ends.
    /// - Returns: whether the body ends properly with it.
    mutating func end() -> Bool {
        if framing == .untilClose { isComplete = true }
        return isComplete
    }

    private mutating func take(
        _ count: Int, of bytes: [UInt8], _ position: inout Int, _ output: inout [UInt8]
    ) {
        let slice = bytes[position..<position + count]
        output += slice
        if captured.count < captureLimit { captured += slice.prefix(captureLimit - captured.count) }
        length += count
        if framing != .untilClose { remaining -= count }
        position += count
    }

    private mutating func readChunk(
        _ bytes: [UInt8], _ position: inout Int, _ output: inout [UInt8], _ strictness: inout HTTPStrictness
    ) throws(HTTPViolation) {
        switch part {
        case .sizeLine, .dataEnd:
            line.append(bytes[position])
            position += 1
            guard part == .sizeLine || line.elementsEqual("\r\n".utf8.prefix(line.count)) else {
                throw HTTPViolation(anomaly: .badChunk)
            }
            try strictness.check(line.count, .lineBytes, status: 400)
            try HTTPChunkLine.checkStart(line, isSize: part == .sizeLine)
            guard line.last == HTTPGrammar.lf else { return }
            if part == .sizeLine {
                remaining = try HTTPChunkLine.size(line)
                // The whole chunk counts before it is there.
                let (total, overflows) = length.addingReportingOverflow(remaining)
                try strictness.check(overflows ? .max : total, .bodyBytes, status: 413)
                if keepsChunks {
                    output += Array(String(remaining, radix: 16).utf8) + [HTTPGrammar.cr, HTTPGrammar.lf]
                }
                part = remaining == 0 ? .trailer : .data
            } else {
                part = .sizeLine
            }
            line = []
        case .data:
            take(min(remaining, bytes.count - position), of: bytes, &position, &output)
            if remaining == 0 {
                if keepsChunks { output += [HTTPGrammar.cr, HTTPGrammar.lf] }
                part = .dataEnd
            }
        case .trailer:
            guard try trailer.read(bytes, &position, &strictness) else { return }
            if keepsChunks { output += [HTTPGrammar.cr, HTTPGrammar.lf] }
            isComplete = true
        }
    }
}

/// `chunk-size [ chunk-ext ] CRLF` (RFC 9112, 7.1).
enum HTTPChunkLine {
    /// 15 digits fit an Int.
    private static let mostDigits = 15
    private static let mostBlanks = 16

    /// Refuses what can't become such a line any more, as soon as that shows.
    static func checkStart(_ line: [UInt8], isSize: Bool) throws(HTTPViolation) {
        guard isSize else { return }
        let digits = line.prefix { HTTPGrammar.hexValue($0) != nil }
        let rest = line[digits.count...]
        let isGood =
            digits.count <= mostDigits
            && (rest.isEmpty || (!digits.isEmpty && isExtension(rest)))
        if !isGood { throw HTTPViolation(anomaly: .badChunk) }
    }

    /// Whether it starts an extension (after blanks) or the line's end, without control bytes.
    private static func isExtension(_ rest: ArraySlice<UInt8>) -> Bool {
        let content = rest.drop(while: HTTPGrammar.isBlank)
        guard rest.count - content.count <= mostBlanks else { return false }
        guard let first = content.first else { return true }
        if first == HTTPGrammar.cr {
            return rest.count == content.count && content.dropFirst().allSatisfy { $0 == HTTPGrammar.lf }
        }
        guard first == UInt8(ascii: ";"), let last = content.last else { return false }
        let previous = content.dropLast().last
        if last == HTTPGrammar.lf { return previous == HTTPGrammar.cr }
        return previous != HTTPGrammar.cr && (last == HTTPGrammar.cr || !HTTPGrammar.isControl(last))
    }

    static func size(_ line: [UInt8]) throws(HTTPViolation) -> Int {
        let digits = line.prefix { HTTPGrammar.hexValue($0) != nil }
        guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw HTTPViolation(anomaly: .badChunk)
        }
        return size
    }
}
