public import Engine
public import Packets

/// What is known of a capture before its first frame is read.
public struct CaptureRole: Sendable, Hashable {
    public enum Mode: Sendable, Hashable {
        /// Arriving and leaving packets, which the frames tell apart.
        case both
        /// Only packets that arrive.
        case arriving
        /// Only packets that the host sends.
        case sentByHost
    }

    /// The capture's name in results.
    public var name: String
    /// The host's interface that was captured; `none` if nobody said it.
    public var interface: InterfaceID
    public var mode: Mode

    public init(name: String, interface: InterfaceID = .none, mode: Mode = .both) {
        self.name = name
        self.interface = interface
        self.mode = mode
    }
}

/// Where a frame stands at the firewall host.
public struct FramePlacement: Sendable, Hashable, BitwiseCopyable {
    public enum Direction: Sendable, Hashable, BitwiseCopyable {
        case arriving
        case sentByHost
        /// A packet on its way out that came in before, which was or could have been captured there.
        case egressCopy
    }

    public var direction: Direction
    /// The interface that it was captured on; `none` if that isn't known.
    public var interface: InterfaceID
}

/// Tells arriving from leaving frames, and on which interface, by (in this order) what the user said, the capture's
/// interface names and packet flags, the packet type of Linux cooked captures, the host's MAC addresses, and the
/// host's IP addresses.
public struct FramePlacer: Sendable {
    private let roles: [CaptureRole]
    private let macs: [MACAddress: InterfaceID]
    private let loopback: InterfaceID
    /// The interface of frames about which nothing else tells: a host's only one.
    private let fallback: InterfaceID
    /// Whether every frame arrives, whatever it looks like, or is sent by the host (`--hook`).
    private let forced: FramePlacement.Direction?

    public init(roles: [CaptureRole], host: SimulatedHost, forced: FramePlacement.Direction? = nil) {
        self.roles = roles
        self.forced = forced
        var macs: [MACAddress: InterfaceID] = [:]
        for interface in host.interfaces {
            if let mac = interface.mac, !interface.isLoopback { macs[mac] = interface.id }
        }
        self.macs = macs
        loopback = host.interfaces.first { $0.isLoopback }?.id ?? .none
        let others = host.interfaces.filter { !$0.isLoopback }
        fallback = others.count == 1 ? others[0].id : .none
    }

    /// - Parameters:
    ///   - captureInterface: the host's interface that the capture file names for the frame; `none` if it names
    ///     none, or none of the host's.
    public func place(
        _ frame: Frame, _ link: LinkHeader, _ packet: Packet, capture: Int,
        captureInterface: InterfaceID, host: borrowing SimulatedHost
    ) -> FramePlacement {
        let role = roles[capture]
        var interface = role.interface != .none ? role.interface : captureInterface
        var leaves: Bool?
        switch frame.direction != .unknown ? frame.direction : link.direction {
        case .inbound: leaves = false
        case .outbound: leaves = true
        case .unknown: break
        }
        if link.hasMACs, !macs.isEmpty {
            if let own = macs[link.sourceMAC], interface == .none || own == interface {
                interface = own
                leaves = leaves ?? true
            } else if let own = macs[link.destinationMAC], interface == .none || own == interface {
                interface = own
                leaves = leaves ?? false
            } else if interface != .none || fallback != .none {
                leaves = leaves ?? false
            }
        }
        if interface == .none { interface = isLoopback(packet) ? loopback : fallback }
        if interface == loopback, loopback != .none { leaves = true }

        let direction: FramePlacement.Direction
        switch role.mode {
        case .arriving: direction = .arriving
        case .sentByHost: direction = .sentByHost
        case .both:
            let source = IPAddress(family: packet.family, bits: packet.source)
            let isOwn = host.isLocal(source) || source.isUnspecified || source.isLinkLocalIPv6
            if let forced {
                direction = forced
            } else if leaves ?? host.isLocal(source) {
                direction = isOwn ? .sentByHost : .egressCopy
            } else {
                direction = .arriving
            }
        }
        return FramePlacement(direction: direction, interface: interface)
    }

    private func isLoopback(_ packet: Packet) -> Bool {
        IPAddress(family: packet.family, bits: packet.destination).isLoopback
    }
}

extension IPAddress {
    var isUnspecified: Bool { bits == 0 }
    /// fe80::/10.
    var isLinkLocalIPv6: Bool { family == .ipv6 && bits >> 118 == 0x3fa }
}
