public import Packets

/// One end of a session.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public var address: IPAddress
    public var port: UInt16

    public init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `192.0.2.10:443`, `[2001:db8::5]:443`.
    public var description: String {
        address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}

/// The two that a gateway stands between.
public enum Peer: String, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case client, server

    public var other: Peer { self == .client ? .server : .client }
}

public enum SessionTransport: String, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case tcp, udp
}

extension Endpoint {
    /// What `description` writes; the brackets are needed around IPv6 alone.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        let hasBrackets = host.hasPrefix("[") && host.hasSuffix("]")
        if hasBrackets { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(String(host)), (address.family == .ipv6) == hasBrackets,
            !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits)
        else { return nil }
        self.init(address, port)
    }
}
