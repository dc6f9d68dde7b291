/// The names in a server's certificate, where it is sent in the clear: up to TLS 1.2 (RFC 5246, 7.4.2).
enum TLSCertificate {
    enum Answer: Equatable, Sendable {
        case incomplete
        /// None, too, if no certificate comes: a resumed session, another handshake message first.
        case names([String])
    }

    /// - Parameter records: the server's, from the first.
    static func names(in records: [UInt8]) -> Answer {
        var reader = TLSFields(records[...])
        var messages: [UInt8] = []
        while let type = reader.uint8() {
            guard type == 22 else { return .names([]) }
            guard reader.uint16() != nil, let fragment = reader.vector(lengthBytes: 2) else { break }
            messages += fragment
        }
        var handshake = TLSFields(messages[...])
        while let type = handshake.uint8() {
            // ServerHello comes first.
            guard type == 2 || type == 11 else { return .names([]) }
            guard let body = handshake.vector(lengthBytes: 3) else { break }
            guard type == 11 else { continue }
            var list = TLSFields(body)
            guard let chain = list.vector(lengthBytes: 3) else { return .names([]) }
            var certificates = TLSFields(chain)
            return .names(certificates.vector(lengthBytes: 3).map { subjectNames($0) } ?? [])
        }
        return .incomplete
    }

    /// The dNSNames of the certificate's subjectAltName (RFC 5280, 4.2.1.6), in lower case.
    static func subjectNames(_ certificate: ArraySlice<UInt8>) -> [String] {
        var outer = DERFields(certificate)
        guard let whole = outer.value(0x30) else { return [] }
        var fields = DERFields(whole)
        guard let signed = fields.value(0x30) else { return [] }
        var parts = DERFields(signed)
        while let (tag, content) = parts.next() {
            guard tag == 0xa3 else { continue }
            var wrapper = DERFields(content)
            guard let list = wrapper.value(0x30) else { return [] }
            var extensions = DERFields(list)
            while let each = extensions.value(0x30) {
                var parts = DERFields(each)
                // 2.5.29.17; then perhaps `critical`.
                guard parts.value(0x06)?.elementsEqual([0x55, 0x1d, 0x11]) == true,
                    var (tag, value) = parts.next()
                else { continue }
                if tag == 0x01 {
                    guard let behind = parts.next() else { return [] }
                    (tag, value) = behind
                }
                var octets = DERFields(value)
                guard tag == 0x04, let names = octets.value(0x30) else { return [] }
                return dnsNames(names)
            }
        }
        return []
    }

    private static func dnsNames(_ list: ArraySlice<UInt8>) -> [String] {
        var reader = DERFields(list)
        var names: [String] = []
        while let (tag, name) = reader.next() {
            if tag == 0x82 { names.append(HTTPGrammar.lowercase(name)) }
        }
        return names
    }
}

/// Elements of DER (X.690, 8.1), one after the other.
struct DERFields {
    private var rest: TLSFields

    init(_ bytes: ArraySlice<UInt8>) { rest = TLSFields(bytes) }

    /// Nil at the end, and where it makes no sense.
    mutating func next() -> (tag: UInt8, content: ArraySlice<UInt8>)? {
        guard let tag = rest.uint8(), tag & 0x1f != 0x1f, let first = rest.uint8() else { return nil }
        var length = Int(first)
        if first & 0x80 != 0 {
            guard (1...3).contains(first & 0x7f), let octets = rest.take(Int(first & 0x7f)) else {
                return nil
            }
            length = octets.reduce(0) { $0 << 8 | Int($1) }
        }
        return rest.take(length).map { (tag, $0) }
    }

    /// The next element's content, if it has the tag.
    mutating func value(_ tag: UInt8) -> ArraySlice<UInt8>? {
        guard let element = next(), element.tag == tag else { return nil }
        return element.content
    }
}
