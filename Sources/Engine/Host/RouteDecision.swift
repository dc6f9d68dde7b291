public import Packets

/// What routing makes of a packet.
public enum RouteDecision: Hashable, Sendable, BitwiseCopyable {
    /// On to INPUT.
    case deliver(Delivery)
    /// On to FORWARD.
    case forward(outInterface: InterfaceID)
    case drop(RoutedAwayReason)

    public enum Delivery: Hashable, Sendable, BitwiseCopyable {
        case unicast, broadcast, multicast
    }
}

/// Why a packet is dropped between the hooks. The raw values are stable names for output.
public enum RoutedAwayReason: String, Sendable, CaseIterable, BitwiseCopyable {
    /// The frame is another host's; such packets don't even reach PREROUTING.
    case notForUs = "not-for-us"
    case noRoute = "no-route"
    /// A route of that type says so.
    case blackhole, unreachable, prohibited
    /// A policy rule says so.
    case unreachableByRule = "unreachable-by-rule"
    case forwardingOff = "forwarding-off"
    /// A source address that can't be: 0.0.0.0, loopback, multicast, broadcast, the host's own.
    case martianSource = "martian-source"
    /// The reverse path filter: the way back leads through another interface, or nowhere.
    case reversePath = "reverse-path"
    case martianDestination = "martian-destination"
    case multicastNotJoined = "multicast-not-joined"
    /// To be forwarded, but the frame was broadcast or multicast.
    case unicastInBroadcastFrame = "unicast-in-broadcast-frame"
    case ttlExceeded = "ttl-exceeded"
    /// Longer than the out interface's MTU, and not to be fragmented.
    case fragmentationNeeded = "fragmentation-needed"
    /// An IPv6 source that must not leave its link.
    case beyondScope = "beyond-scope"
    case sourceRoute = "source-route"
    case badIPOption = "bad-ip-option"
}
