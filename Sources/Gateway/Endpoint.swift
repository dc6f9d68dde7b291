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
