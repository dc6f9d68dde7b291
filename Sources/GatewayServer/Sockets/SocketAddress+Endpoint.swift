import Gateway
import NIOCore
import Packets

extension SocketAddress {
    init(_ endpoint: Endpoint) throws {
        self = try SocketAddress(ipAddress: endpoint.address.description, port: Int(endpoint.port))
    }

    /// Nil for what is no IP address. An IPv4 address in an IPv6 one (RFC 4291, 2.5.5.2) is the IPv4 address.
    var endpoint: Endpoint? {
        guard let text = ipAddress, let address = IPAddress(text), let port else { return nil }
        let isMapped = address.family == .ipv6 && address.bits >> 32 == 0xffff
        return Endpoint(
            isMapped ? .v4(UInt32(truncatingIfNeeded: address.bits)) : address,
            UInt16(truncatingIfNeeded: port))
    }
}
