/// A text that a user gave, with its name, for messages that point into it.
///
/// Offsets are UTF-8 byte offsets from 0; lines and columns count from 1, columns in bytes, as compilers
/// and editors count them.
public final class SourceFile: Sendable {
    public let name: String
    public let bytes: [UInt8]
    /// The offset at which each line begins; at least one.
    private let lineStarts: [Int]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        lineStarts = starts
    }

    public convenience init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    public var lineCount: Int { lineStarts.count }

    public struct Position: Hashable, Sendable {
        public let line: Int
        public let column: Int
    }

    public func position(of offset: Int) -> Position {
        var low = 0
        var high = lineStarts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
        }
        return Position(line: low + 1, column: offset - lineStarts[low] + 1)
    }

    /// The bytes of a line without its newline (and without a carriage return before it).
    /// - Parameter line: from 1 to `lineCount`.
    public func range(ofLine line: Int) -> SourceRange {
        let lower = lineStarts[line - 1]
        var upper = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
        if upper > lower, bytes[upper - 1] == UInt8(ascii: "\r") { upper -= 1 }
        return SourceRange(lower, upper)
    }

    /// The text of a range; bytes that are no UTF-8 come out as U+FFFD.
    public func text(_ range: SourceRange) -> String {
        String(decoding: bytes[range.lower..<range.upper], as: UTF8.self)
    }
}

/// A half-open range of UTF-8 byte offsets in one `SourceFile`.
public struct SourceRange: Hashable, Sendable {
    public var lower: Int
    public var upper: Int

    public init(_ lower: Int, _ upper: Int) {
        self.lower = lower
        self.upper = upper
    }

    public func union(_ other: SourceRange) -> SourceRange {
        SourceRange(min(lower, other.lower), max(upper, other.upper))
    }
}
