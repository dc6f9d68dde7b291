public import Diagnostics

/// Where a part of a word's text comes from, in a word that isn't written as it reads: `$NET/24` has two.
public struct TextOrigin: Hashable, Sendable {
    /// UTF-8 bytes of the word's text.
    public let bytes: Range<Int>
    /// Of equal length where the text stands there letter by letter; else what was replaced (`$NET`).
    public let range: SourceRange

    public init(bytes: Range<Int>, range: SourceRange) {
        self.bytes = bytes
        self.range = range
    }

    /// The part that lies in some bytes, which are then counted from their start; nil if there is none.
    func part(_ wanted: Range<Int>) -> TextOrigin? {
        let common = bytes.clamped(to: wanted)
        guard !common.isEmpty else { return nil }
        let isVerbatim = range.upper - range.lower == bytes.count
        let start = range.lower + common.lowerBound - bytes.lowerBound
        return TextOrigin(
            bytes: common.lowerBound - wanted.lowerBound..<common.upperBound - wanted.lowerBound,
            range: isVerbatim ? SourceRange(start, start + common.count) : range)
    }
}

extension Word {
    /// Whether the file holds the text letter by letter, without quotes and variables.
    public var isVerbatim: Bool { origins.isEmpty && range.upper - range.lower == text.utf8.count }

    /// Where some bytes of the word's text stand. The place of the whole word where nobody knows better: where it has
    /// quotes or escapes.
    public func range(of bytes: Range<Int>) -> SourceRange {
        if origins.isEmpty {
            guard range.upper - range.lower == text.utf8.count else { return range }
            return SourceRange(range.lower + bytes.lowerBound, range.lower + bytes.upperBound)
        }
        let parts = origins.compactMap { $0.part(bytes) }
        return parts.dropFirst().reduce(parts.first?.range ?? range) { $0.union($1.range) }
    }

    /// Some bytes of the word's text as a word.
    public func part(_ bytes: Range<Int>) -> Word {
        let start = text.utf8.index(text.startIndex, offsetBy: bytes.lowerBound)
        let end = text.utf8.index(start, offsetBy: bytes.count)
        return Word(
            text: String(text[start..<end]), range: range(of: bytes),
            origins: origins.compactMap { $0.part(bytes) })
    }

    /// The parts between separators, empty ones too, each with its own place as far as that is known.
    public func pieces(separator: Character) -> [Word] {
        text.split(separator: separator, omittingEmptySubsequences: false).map { part in
            let offset = text.utf8.distance(from: text.startIndex, to: part.startIndex)
            return self.part(offset..<offset + part.utf8.count)
        }
    }
}
