/// A ClientHello or ServerHello (RFC 8446, 4.1; RFC 5246, 7.4.1): what can be read of the parties' intentions.
struct TLSHello: Sendable {
    enum Kind: UInt8, Sendable {
        case client = 1
        case server = 2
    }

    /// Of a ClientHello: the host it wants, in lower case; nil if it doesn't say.
    var serverName: String?
    /// Protocols of the application layer, offered or chosen.
    var applicationProtocols: [String] = []
    /// Of a ServerHello: what was chosen.
    var version: UInt16

    /// - Parameter body: the handshake message behind its header.
    /// - Returns: nil if it isn't well formed.
    init?(_ kind: Kind, _ body: ArraySlice<UInt8>) {
        var reader = TLSFields(body)
        guard let legacyVersion = reader.uint16(), legacyVersion >> 8 == 3, reader.take(32) != nil,
            let session = reader.vector(lengthBytes: 1), session.count <= 32
        else { return nil }
        version = legacyVersion
        switch kind {
        case .client:
            guard let suites = reader.vector(lengthBytes: 2), !suites.isEmpty, suites.count % 2 == 0,
                let compressions = reader.vector(lengthBytes: 1), !compressions.isEmpty
            else { return nil }
        case .server: guard reader.take(3) != nil else { return nil }
        }
        // TLS 1.2 and before: extensions may be missing altogether.
        guard !reader.isEmpty else { return }
        guard let extensions = reader.vector(lengthBytes: 2), reader.isEmpty, read(kind, extensions) else {
            return nil
        }
    }

    private mutating func read(_ kind: Kind, _ extensions: ArraySlice<UInt8>) -> Bool {
        var reader = TLSFields(extensions)
        var seen: Set<UInt16> = []
        while !reader.isEmpty {
            guard let type = reader.uint16(), let data = reader.vector(lengthBytes: 2),
                seen.insert(type).inserted
            else { return false }
            switch (type, kind) {
            case (0, .client): guard readServerName(data) else { return false }
            case (16, _): guard readProtocols(data) else { return false }
            case (43, .server):
                var version = TLSFields(data)
                guard let chosen = version.uint16(), version.isEmpty else { return false }
                self.version = chosen
            default: break
            }
        }
        return true
    }

    /// RFC 6066, 3.
    private mutating func readServerName(_ data: ArraySlice<UInt8>) -> Bool {
        var outer = TLSFields(data)
        guard let list = outer.vector(lengthBytes: 2), outer.isEmpty else { return false }
        var reader = TLSFields(list)
        guard reader.uint8() == 0, let name = reader.vector(lengthBytes: 2), reader.isEmpty,
            let host = HTTPAuthority(String(decoding: name, as: UTF8.self)), host.port == nil,
            !name.contains(UInt8(ascii: ":")), !name.contains(UInt8(ascii: "["))
        else { return false }
        serverName = host.host
        return true
    }

    /// RFC 7301, 3.1.
    private mutating func readProtocols(_ data: ArraySlice<UInt8>) -> Bool {
        var outer = TLSFields(data)
        guard let list = outer.vector(lengthBytes: 2), outer.isEmpty else { return false }
        var reader = TLSFields(list)
        while !reader.isEmpty {
            guard let name = reader.vector(lengthBytes: 1), !name.isEmpty else { return false }
            applicationProtocols.append(String(decoding: name, as: UTF8.self))
        }
        return !applicationProtocols.isEmpty
    }

    /// `1.3`; `3.0` is SSL's.
    static func name(_ version: UInt16) -> String {
        version > 0x0300 && version <= 0x03ff
            ? "1.\((version & 0xff) - 1)" : "\(version >> 8).\(version & 0xff)"
    }
}

/// Reads numbers and vectors of TLS's presentation language (RFC 8446, 3), big-endian.
struct TLSFields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func uint8() -> UInt8? { take(1)?.first }

    mutating func uint16() -> UInt16? { take(2)?.reduce(0) { $0 << 8 | UInt16($1) } }

    mutating func vector(lengthBytes: Int) -> ArraySlice<UInt8>? {
        guard let length = take(lengthBytes)?.reduce(0, { $0 << 8 | Int($1) }) else { return nil }
        return take(length)
    }
}
