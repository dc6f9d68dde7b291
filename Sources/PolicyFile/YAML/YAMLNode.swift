import Diagnostics

/// A value of a YAML document, with its place in the text.
struct YAMLNode {
    var content: Content
    /// Of a scalar all of it, quotes included; of a list or map in brackets the bracket that opens it, else its
    /// first entry's beginning.
    var range: SourceRange

    indirect enum Content {
        /// - Parameter isQuoted: or a block of text, so that it is no number and no word.
        case scalar(String, isQuoted: Bool)
        case list([YAMLNode])
        case map([(key: YAMLNode, value: YAMLNode)])
    }

    var scalar: String? {
        if case .scalar(let text, _) = content { return text }
        return nil
    }

    /// Nothing, or a word for it, where a value may stand.
    var isNull: Bool {
        if case .scalar(let text, isQuoted: false) = content { return ["", "~", "null"].contains(text) }
        return false
    }

    /// `a list`, for messages.
    var kind: String {
        switch content {
        case _ where isNull: "nothing"
        case .scalar(let text, _): "'\(text)'"
        case .list: "a list"
        case .map: "a map"
        }
    }
}

extension YAMLNode {
    /// The place of a part of a scalar's text; the whole scalar's where escapes or lines make it another.
    /// - Parameter skipped: bytes of the text before the part's own beginning.
    func range(ofText part: Range<Int>, behind skipped: Int, in file: SourceFile) -> SourceRange {
        guard let scalar else { return range }
        let text = Array(scalar.utf8)
        let quote = range.lower < file.bytes.count && text.first != file.bytes[range.lower] ? 1 : 0
        let lower = range.lower + quote
        guard lower + text.count <= range.upper, Array(file.bytes[lower..<lower + text.count]) == text else {
            return range
        }
        return SourceRange(lower + skipped + part.lowerBound, lower + skipped + part.upperBound)
    }
}
