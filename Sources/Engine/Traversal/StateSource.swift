public import Packets

/// Whence rules know a packet's connection state.
public enum StateSource: Sendable, Hashable {
    /// Connection tracking.
    case tracking
    /// It is the same for every packet.
    case assumed(ConnectionState)
    /// The packet's own header: a filter without memory has nothing else. See `Packet.stateByHeader`.
    case header

    func state(of packet: Packet) -> ConnectionState? {
        switch self {
        case .tracking: nil
        case .assumed(let state): state
        case .header: packet.stateByHeader
        }
    }
}

extension Packet {
    /// The connection state as far as a header alone can tell, which is how stateless packet filters are written:
    /// TCP with SYN and without ACK is NEW, other TCP ESTABLISHED (the `established` of router access lists); ICMP
    /// queries are NEW, replies ESTABLISHED, errors RELATED; anything else is ESTABLISHED from a port below 1024 to
    /// one at or above it, else NEW. Neighbour discovery is UNTRACKED, as in connection tracking.
    public var stateByHeader: ConnectionState {
        switch transportProtocol {
        case .tcp:
            return tcpFlags.contains(.syn) && !tcpFlags.contains(.ack) ? .new : .established
        case .icmp:
            switch icmpType {
            case 3, 4, 5, 11, 12: return .related
            case 0, 14, 16, 18: return .established
            default: return .new
            }
        case .icmpv6:
            switch icmpType {
            case 0..<128: return .related
            case 129, 140: return .established
            case 130...136, 143: return .untracked
            default: return .new
            }
        default:
            return flags.contains(.hasPorts) && sourcePort < 1024 && destinationPort >= 1024
                ? .established : .new
        }
    }
}
