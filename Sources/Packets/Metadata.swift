/// A netfilter hook. The raw value is the kernel's `NF_INET_` number (`linux/netfilter.h`).
public enum Hook: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case prerouting, input, forward, output, postrouting

    /// The name of the hook's base chains, such as `PREROUTING`.
    public var chainName: String {
        switch self {
        case .prerouting: "PREROUTING"
        case .input: "INPUT"
        case .forward: "FORWARD"
        case .output: "OUTPUT"
        case .postrouting: "POSTROUTING"
        }
    }
}

/// An interface of the firewall host, as a small number that an `InterfaceTable` gave out. 0 is "none".
public struct InterfaceID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt16

    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable public static var none: InterfaceID { InterfaceID(rawValue: 0) }
}

/// The names behind `InterfaceID`s.
public struct InterfaceTable: Sendable {
    private var names: [String] = [""]
    private var ids: [String: InterfaceID] = ["": .none]

    public init() {}

    /// The id of a name, given out on first use. The empty name is `none`.
    /// - Precondition: fewer than 65,535 names.
    public mutating func id(of name: String) -> InterfaceID {
        if let known = ids[name] { return known }
        let id = InterfaceID(rawValue: UInt16(names.count))
        names.append(name)
        ids[name] = id
        return id
    }

    public func lookUp(_ name: String) -> InterfaceID? { ids[name] }

    public func name(of id: InterfaceID) -> String { names[Int(id.rawValue)] }

    /// Ids are `1..<count`.
    public var count: Int { names.count }
}

/// To whom a frame was addressed (`PACKET_HOST` … of `linux/if_packet.h`).
public enum PacketType: UInt8, Sendable, BitwiseCopyable {
    case host = 0
    case broadcast = 1
    case multicast = 2
    case otherHost = 3
    case outgoing = 4
    case loopback = 5
}

/// What the kernel keeps about a packet beside its bytes (`struct sk_buff`), and rules can read or set.
public struct PacketMetadata: Sendable, BitwiseCopyable {
    public var timestamp: Timestamp
    public var inInterface: InterfaceID
    public var outInterface: InterfaceID
    /// `nfmark`.
    public var mark: UInt32
    public var packetType: PacketType
    /// Whether the frame has link-layer addresses (Ethernet and its like); the kernel's `mac` match asks for that.
    public var hasMACs: Bool
    public var sourceMAC: MACAddress
    public var destinationMAC: MACAddress
    /// The length of the largest fragment of a packet that was put together; 0 for every other (`frag_max_size`).
    public var largestFragment: UInt32

    @inlinable public init(timestamp: Timestamp = Timestamp(nanoseconds: 0)) {
        self.timestamp = timestamp
        inInterface = .none
        outInterface = .none
        mark = 0
        packetType = .host
        hasMACs = false
        sourceMAC = MACAddress(bits: 0)
        destinationMAC = MACAddress(bits: 0)
        largestFragment = 0
    }
}

/// The state that connection tracking gave a packet, which `--ctstate` tests.
public enum ConnectionState: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case invalid, new, established, related, untracked

    /// As `--ctstate` spells it.
    public var name: String {
        switch self {
        case .invalid: "INVALID"
        case .new: "NEW"
        case .established: "ESTABLISHED"
        case .related: "RELATED"
        case .untracked: "UNTRACKED"
        }
    }
}

/// `IPS_` bits of a tracked connection (`linux/netfilter/nf_conntrack_common.h`), which `--ctstatus` and the
/// virtual states `SNAT` and `DNAT` test.
public struct ConnectionStatus: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt32

    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static var expected: ConnectionStatus { ConnectionStatus(rawValue: 1 << 0) }
    @inlinable public static var seenReply: ConnectionStatus { ConnectionStatus(rawValue: 1 << 1) }
    @inlinable public static var assured: ConnectionStatus { ConnectionStatus(rawValue: 1 << 2) }
    @inlinable public static var confirmed: ConnectionStatus { ConnectionStatus(rawValue: 1 << 3) }
    @inlinable public static var sourceNAT: ConnectionStatus { ConnectionStatus(rawValue: 1 << 4) }
    @inlinable public static var destinationNAT: ConnectionStatus { ConnectionStatus(rawValue: 1 << 5) }
    @inlinable public static var sequenceAdjusted: ConnectionStatus { ConnectionStatus(rawValue: 1 << 6) }
    @inlinable public static var dying: ConnectionStatus { ConnectionStatus(rawValue: 1 << 9) }
}

/// One direction of a connection.
public struct FlowTuple: Hashable, Sendable, BitwiseCopyable {
    public var family: AddressFamily
    public var transportProtocol: IPProtocol
    /// Ports; for ICMP queries the identifier as source, and type × 256 + code as destination.
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// The number of the zone in which this direction of the connection is; 0 unless rules say otherwise.
    public var zone: UInt16 = 0
    /// See `IPAddress.bits`.
    public var source: UInt128
    public var destination: UInt128

    @inlinable public init(
        family: AddressFamily, transportProtocol: IPProtocol, source: UInt128, destination: UInt128,
        sourcePort: UInt16, destinationPort: UInt16
    ) {
        self.family = family
        self.transportProtocol = transportProtocol
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
    }
}

/// What a packet's connection looks like from a rule.
public struct FlowView: Sendable, BitwiseCopyable {
    public var state: ConnectionState
    public var isReply: Bool
    /// Whether there is a connection at all: false for INVALID and UNTRACKED, and where tracking is off.
    public var exists: Bool
    public var status: ConnectionStatus
    /// The tuples of both directions; meaningful only if `exists`.
    public var original: FlowTuple
    public var reply: FlowTuple
    /// Seconds until the connection expires, as `--ctexpire` sees them.
    public var expiresIn: UInt32
    /// The connection's mark (`CONNMARK`).
    public var mark: UInt32
    /// What was counted of each direction, this packet included.
    public var originalCounters: FlowCounters
    public var replyCounters: FlowCounters
    /// The helper of the connection that expected this one; nil if nobody did, or its helper is gone.
    public var masterHelper: HelperName?
    /// From where the connection that expected this one came; meaningful only for `status.expected`.
    public var masterSource: UInt128
    /// The connection in its table.
    public var handle: FlowHandle

    /// A packet that connection tracking has not seen.
    @inlinable public init(state: ConnectionState = .untracked, family: AddressFamily = .ipv4) {
        self.state = state
        isReply = false
        exists = false
        status = []
        let none = FlowTuple(
            family: family, transportProtocol: IPProtocol(rawValue: 0), source: 0, destination: 0,
            sourcePort: 0,
            destinationPort: 0)
        original = none
        reply = none
        expiresIn = 0
        mark = 0
        originalCounters = FlowCounters()
        replyCounters = FlowCounters()
        masterHelper = nil
        masterSource = 0
        handle = .none
    }
}

/// Packets and bytes of one direction (`nf_conntrack_acct`). Packets that a tracker lets pass without
/// believing them, such as repeated SYNs, aren't counted.
public struct FlowCounters: Hashable, Sendable, BitwiseCopyable {
    public var packets: UInt64
    /// Lengths of IP packets.
    public var bytes: UInt64

    @inlinable public init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }

    public static func + (a: FlowCounters, b: FlowCounters) -> FlowCounters {
        FlowCounters(packets: a.packets &+ b.packets, bytes: a.bytes &+ b.bytes)
    }
}

/// Names a connection of one table for as long as it lives; goes stale, never wrong, when it ends.
public struct FlowHandle: Hashable, Sendable, BitwiseCopyable {
    public var index: UInt32
    public var generation: UInt32

    @inlinable public init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    @inlinable public static var none: FlowHandle { FlowHandle(index: .max, generation: 0) }
}
