internal import Packets

/// A SIP message (RFC 3261) as connection tracking reads it (`nf_conntrack_sip.c`): it looks for a few headers, and in
/// them for addresses. What else is in it, it neither reads nor checks.
///
/// Ranges are offsets in `bytes`.
struct SIPMessage {
    var bytes: [UInt8]
    let family: AddressFamily

    var text: TextSearch { TextSearch(bytes) }

    /// A header by its name, its compact name, and what its value is to contain before what is looked for.
    struct Header {
        enum Value {
            case digits
            /// An address and a port, perhaps behind "user@".
            case userAddress
            case address
        }

        let name: StaticString
        var compact: StaticString?
        var search: StaticString?
        let value: Value

        static let cseq = Header(name: "CSeq", value: .digits)
        static let from = Header(name: "From", compact: "f", search: "sip:", value: .userAddress)
        static let to = Header(name: "To", compact: "t", search: "sip:", value: .userAddress)
        static let contact = Header(name: "Contact", compact: "m", search: "sip:", value: .userAddress)
        static let viaUDP = Header(name: "Via", compact: "v", search: "UDP ", value: .address)
        static let viaTCP = Header(name: "Via", compact: "v", search: "TCP ", value: .address)
        static let expires = Header(name: "Expires", value: .digits)
        static let contentLength = Header(name: "Content-Length", compact: "l", value: .digits)
    }

    /// An end that a message names, and where.
    struct Address {
        var address: UInt128
        var port: UInt16
        var range: Range<Int>
    }

    enum Search<Found> {
        case found(Found)
        case absent
        /// It is there, but its value can't be read; where to look on.
        case unreadable(Int)

        var found: Found? { if case .found(let found) = self { found } else { nil } }
    }

    /// The first header of a kind in a line that begins behind an offset (`ct_sip_get_header`).
    func header(_ header: Header, from offset: Int = 0) -> Search<Range<Int>> {
        let text = text
        var next = offset
        while next < text.limit {
            defer { next += 1 }
            guard text.isLineEnd(next) else { continue }
            let isReturn = text[next] == UInt8(ascii: "\r")
            next += 1
            if isReturn, text[next] == UInt8(ascii: "\n") { next += 1 }
            guard next < text.limit else { return .absent }
            if text.isBlank(next) { continue }

            if text.has(header.name, at: next) {
                next += header.name.utf8CodeUnitCount
            } else if let compact = header.compact, text.has(compact, at: next),
                next + compact.utf8CodeUnitCount < text.limit,
                !text.isLetter(next + compact.utf8CodeUnitCount)
            {
                next += compact.utf8CodeUnitCount
            } else {
                continue
            }
            guard let colon = text.skipWhitespace(from: next), text[colon] == UInt8(ascii: ":"),
                colon + 1 < text.limit, let value = text.skipWhitespace(from: colon + 1)
            else { return .absent }
            var start = value
            if let search = header.search {
                guard let place = text.valueOffset(of: search, from: value) else { return .unreadable(value) }
                start = place + search.utf8CodeUnitCount
            }
            guard let range = range(of: header.value, at: start) else { return .unreadable(value) }
            return .found(range)
        }
        return .absent
    }

    /// The next value of a list with commas between (`ct_sip_next_header`).
    private func nextValue(of header: Header, from offset: Int) -> Search<Range<Int>> {
        let text = text
        guard let search = header.search, let comma = text.valueOffset(of: ",", from: offset),
            let place = text.valueOffset(of: search, from: comma)
        else { return .absent }
        let start = place + search.utf8CodeUnitCount
        guard let range = range(of: header.value, at: start) else { return .unreadable(start) }
        return .found(range)
    }

    /// Goes through the addresses of all headers of a kind.
    struct Walk {
        var offset = 0
        var isInHeader = false
    }

    /// The next address in the headers of a kind (`ct_sip_parse_header_uri`).
    func address(in header: Header, _ walk: inout Walk) -> Search<Address> {
        var search = Search<Range<Int>>.absent
        if walk.isInHeader {
            search = nextValue(of: header, from: walk.offset)
            while case .unreadable(let offset) = search {
                walk.offset = offset
                search = nextValue(of: header, from: offset)
            }
        }
        if case .absent = search {
            search = self.header(header, from: walk.offset)
            while case .unreadable(let offset) = search {
                walk.offset = offset
                search = self.header(header, from: offset)
            }
            walk.isInHeader = true
        }
        guard case .found(let range) = search else { return .absent }
        guard let address = address(at: range.lowerBound, delimited: true),
            let port = port(at: address.range.upperBound)
        else { return .unreadable(range.lowerBound) }
        walk.offset = port.end
        return .found(
            Address(address: address.address, port: port.port, range: range))
    }

    /// The first address in the headers of a kind.
    func address(in header: Header) -> Search<Address> {
        var walk = Walk()
        return address(in: header, &walk)
    }

    /// The address in a request's URI (`ct_sip_parse_request`).
    var requestAddress: Address? {
        let text = text
        let method = text.lettersEnd(from: 0)
        guard method > 0, method + 1 < text.limit else { return nil }
        var next = method + 1
        while next < text.limit - 4 {
            if text.isLineEnd(next) { return nil }
            if text.has("sip:", at: next) {
                next += 4
                break
            }
            next += 1
        }
        guard let start = range(of: .userAddress, at: next)?.lowerBound,
            let address = address(at: start, delimited: true), let port = port(at: address.range.upperBound)
        else { return nil }
        return Address(address: address.address, port: port.port, range: start..<port.end)
    }

    // MARK: - Values

    /// `digits_len`, `skp_epaddr_len`, `epaddr_len`
    private func range(of value: Header.Value, at offset: Int) -> Range<Int>? {
        let text = text
        switch value {
        case .digits:
            let end = text.digitsEnd(from: offset)
            return end > offset ? offset..<end : nil
        case .userAddress:
            var at = offset
            while at < text.limit, text[at] != UInt8(ascii: "@"), !text.isLineEnd(at) { at += 1 }
            return range(of: .address, at: text[at] == UInt8(ascii: "@") ? at + 1 : offset)
        case .address:
            guard let address = address(at: offset, delimited: true),
                let port = port(at: address.range.upperBound), port.end > offset
            else { return nil }
            return offset..<port.end
        }
    }

    /// An address in a URI: IPv6 ones stand in brackets, or may where `delimited` is false (`sip_parse_addr`).
    func address(at offset: Int, before limit: Int? = nil, delimited: Bool) -> (
        address: UInt128, range: Range<Int>
    )? {
        let text = TextSearch(bytes, limit: limit)
        guard family == .ipv6 else {
            return text.address(at: offset, family).map { ($0.address, offset..<$0.end) }
        }
        let isOpen = text[offset] == UInt8(ascii: "[")
        guard isOpen || !delimited, let found = text.address(at: isOpen ? offset + 1 : offset, family)
        else { return nil }
        let isClosed = text[found.end] == UInt8(ascii: "]")
        guard isClosed || !delimited else { return nil }
        return (found.address, offset..<(isClosed ? found.end + 1 : found.end))
    }

    /// The port behind an address, 5060 if there is none (`sip_parse_port`). A message can't end with it.
    func port(at offset: Int) -> (port: UInt16, end: Int)? {
        let text = text
        guard offset < text.limit else { return nil }
        guard text[offset] == UInt8(ascii: ":") else { return (5060, offset) }
        let end = text.digitsEnd(from: offset + 1)
        guard end - offset <= 6, end < text.limit, let number = text.number(at: offset + 1),
            number.value >= 1024, let port = UInt16(exactly: number.value)
        else { return nil }
        return (port, end)
    }
}

extension TextSearch {
    /// Behind a line's end and the blanks that make the next one its continuation; nil where none is
    /// (`sip_follow_continuation`).
    private func continuation(at lineEnd: Int) -> Int? {
        var next = lineEnd + 1
        if self[lineEnd] == UInt8(ascii: "\r"), self[next] == UInt8(ascii: "\n") { next += 1 }
        guard isBlank(next) else { return nil }
        while isBlank(next) { next += 1 }
        return next
    }

    /// `sip_skip_whitespace`
    func skipWhitespace(from offset: Int) -> Int? {
        var next = offset
        while isBlank(next) { next += 1 }
        guard next < limit else { return nil }
        guard isLineEnd(next) else { return next }
        guard let next = continuation(at: next), next < limit else { return nil }
        return next
    }

    /// Where a word stands in a header's value, in its continuation lines, too (`ct_sip_header_search`). Neither the last
    /// place before the limit nor the first character of a continuation is looked at.
    func valueOffset(of word: StaticString, from offset: Int) -> Int? {
        let count = word.utf8CodeUnitCount
        var next = offset
        var inner = self
        inner.limit = limit - count
        while next < inner.limit {
            if inner.isLineEnd(next) {
                guard let behind = inner.continuation(at: next) else { return nil }
                next = behind + 1
                continue
            }
            if has(word, at: next) { return next }
            next += 1
        }
        return nil
    }
}
