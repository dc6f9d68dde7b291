internal import Packets

/// The session description (SDP, RFC 4566) in a SIP message.
extension SIPMessage {
    enum Line {
        case version
        case owner
        case connection
        case media
    }

    /// Kinds of media that connections are expected for.
    enum Media: CaseIterable {
        case audio
        case video
        case image

        var name: StaticString {
            switch self {
            case .audio: "audio "
            case .video: "video "
            case .image: "image "
            }
        }
    }

    /// The first line of a kind that begins behind an offset, and before the first media line if that is said: for
    /// addresses, where the address stands (`ct_sip_get_sdp_header`).
    func line(_ line: Line, from offset: Int, beforeMedia: Bool = false) -> Search<Range<Int>> {
        let text = text
        var next = offset
        while next < text.limit {
            defer { next += 1 }
            guard text.isLineEnd(next) else { continue }
            let isReturn = text[next] == UInt8(ascii: "\r")
            next += 1
            if isReturn, text[next] == UInt8(ascii: "\n") { next += 1 }
            guard next < text.limit else { return .absent }
            if beforeMedia, text.has("m=", at: next) { return .absent }
            guard text.has(line.name, at: next) else { continue }
            guard let range = range(of: line, at: next + 2) else { return .unreadable(next + 2) }
            return .found(range)
        }
        return .absent
    }

    /// The address of an owner or connection line (`ct_sip_parse_sdp_addr`).
    func sessionAddress(_ line: Line, from offset: Int, beforeMedia: Bool) -> (
        address: UInt128, range: Range<Int>
    )? {
        guard let range = self.line(line, from: offset, beforeMedia: beforeMedia).found else { return nil }
        return TextSearch(bytes, limit: range.upperBound).address(at: range.lowerBound, family)
            .map { ($0.address, range) }
    }

    private func range(of line: Line, at offset: Int) -> Range<Int>? {
        let text = text
        switch line {
        case .version:
            let end = text.digitsEnd(from: offset)
            return end > offset ? offset..<end : nil
        case .media:
            let end = text.lettersEnd(from: offset)
            guard text[end] == UInt8(ascii: " ") else { return nil }
            return offset..<text.digitsEnd(from: end + 1)
        case .owner, .connection:
            let kind: StaticString = family == .ipv4 ? "IN IP4 " : "IN IP6 "
            guard let place = text.lineOffset(of: kind, from: offset) else { return nil }
            let start = place + kind.utf8CodeUnitCount
            return text.address(at: start, family).map { start..<$0.end }
        }
    }
}

extension SIPMessage.Line {
    var name: StaticString {
        switch self {
        case .version: "v="
        case .owner: "o="
        case .connection: "c="
        case .media: "m="
        }
    }
}

extension TextSearch {
    /// Where a word stands before the end of the line (`ct_sdp_header_search`).
    fileprivate func lineOffset(of word: StaticString, from offset: Int) -> Int? {
        var next = offset
        while next < limit - word.utf8CodeUnitCount, !isLineEnd(next) {
            if has(word, at: next, anyCase: false) { return next }
            next += 1
        }
        return nil
    }
}
