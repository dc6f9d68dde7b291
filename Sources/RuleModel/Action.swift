public import Packets

/// What a target does to a packet.
public enum Action: Hashable, Sendable {
    case accept
    case drop
    /// RETURN: on to the rule behind the calling one, or the policy of a base chain.
    case returnToCaller
    /// Drop, and answer.
    case reject(RejectKind)
    /// Write a line and go on.
    case log(LogParameters)
    /// `mark = (mark & ~mask) ^ value`, and go on (`net/netfilter/xt_mark.c`).
    case setMark(value: UInt32, mask: UInt32)
    /// Decide a connection's address translation, and accept.
    case translate(Translation)
    /// Hand the packet to a program.
    case queue(QueueParameters)
    /// Change the packet, and go on.
    case change(PacketChange)
    /// Change the packet's connection, and go on.
    case connection(ConnectionChange)
    /// Change a memory that tests ask, and go on.
    case memory(HistoryAction)
    /// Give the packet to a program's socket, and accept; without the socket, drop.
    case proxy(TransparentProxy)
    /// Answer SYNs and their ACKs in the server's place, and drop them; what else comes goes on.
    case synproxy
    /// Send a copy to another machine, and go on.
    case copy(PacketCopy)
    /// Do something that no packet and no later rule shows, and go on.
    case aside(AsideEffect)

    /// Where a packet's way leads from a rule with the action.
    public enum Disposition: Hashable, Sendable {
        case accepts, drops, rejects, returns, goesOn
    }

    public var disposition: Disposition {
        switch self {
        case .accept, .translate, .proxy: .accepts
        // Nobody listens to a queue in a simulation.
        case .queue(let parameters): parameters.bypass ? .accepts : .drops
        case .drop, .synproxy: .drops
        case .reject: .rejects
        case .returnToCaller: .returns
        case .log, .setMark, .change, .connection, .memory, .copy, .aside: .goesOn
        }
    }
}

extension Action {
    /// The fields that have another value for the rules behind one with the action.
    public var changedFields: [NumberField] {
        switch self {
        case .setMark: [.mark]
        case .change(let change): change.fields
        case .connection(let change): change.fields
        case .memory(let memory): memory.changesMark ? [.mark] : []
        case .accept, .drop, .returnToCaller, .reject, .log, .translate, .queue, .proxy, .synproxy,
            .copy,
            .aside:
            []
        }
    }
}

/// What `-j NFQUEUE` was told (`linux/netfilter/xt_NFQUEUE.h`). `QUEUE` is queue 0.
public struct QueueParameters: Hashable, Sendable {
    public var queues: ClosedRange<UInt16>
    /// Without a listener, the packet is accepted instead of dropped.
    public var bypass: Bool
    public var byProcessor: Bool

    public init(queues: ClosedRange<UInt16> = 0...0, bypass: Bool = false, byProcessor: Bool = false) {
        self.queues = queues
        self.bypass = bypass
        self.byProcessor = byProcessor
    }
}

/// What `-j TPROXY` was told (`linux/netfilter/xt_TPROXY.h`).
public struct TransparentProxy: Hashable, Sendable {
    /// Of the socket; the unspecified address stands for that of the interface.
    public let address: IPAddress
    /// 0 stands for the packet's own.
    public let port: UInt16
    /// `mark = (mark & ~mask) ^ value` if the socket is there.
    public let markValue: UInt32
    public let markMask: UInt32

    public init(address: IPAddress, port: UInt16, markValue: UInt32, markMask: UInt32) {
        self.address = address
        self.port = port
        self.markValue = markValue
        self.markMask = markMask
    }
}

/// What `-j TEE` was told (`linux/netfilter/xt_TEE.h`).
public struct PacketCopy: Hashable, Sendable {
    public let gateway: IPAddress
    /// Empty if routing decides.
    public let outInterface: String

    public init(gateway: IPAddress, outInterface: String) {
        self.gateway = gateway
        self.outInterface = outInterface
    }
}

/// Something that happens beside a packet's way, and that no capture shows: an audit record, a lamp.
public struct AsideEffect: Hashable, Sendable {
    /// Behind "would": `write an audit record`.
    public let summary: String

    public init(summary: String) { self.summary = summary }

    /// `-j TRACE`.
    public static let trace = AsideEffect(summary: "log every rule that the packet meets")
}

/// The answer of REJECT. The raw value is iptables' own word for it.
public enum RejectKind: String, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case icmpNetUnreachable = "icmp-net-unreachable"
    case icmpHostUnreachable = "icmp-host-unreachable"
    case icmpPortUnreachable = "icmp-port-unreachable"
    case icmpProtocolUnreachable = "icmp-proto-unreachable"
    case icmpNetProhibited = "icmp-net-prohibited"
    case icmpHostProhibited = "icmp-host-prohibited"
    case icmpAdminProhibited = "icmp-admin-prohibited"
    case icmp6NoRoute = "icmp6-no-route"
    case icmp6AdminProhibited = "icmp6-adm-prohibited"
    case icmp6AddressUnreachable = "icmp6-addr-unreachable"
    case icmp6PortUnreachable = "icmp6-port-unreachable"
    case icmp6PolicyFail = "icmp6-policy-fail"
    case icmp6RejectRoute = "icmp6-reject-route"
    case tcpReset = "tcp-reset"
}

/// What `-j LOG` was told (`linux/netfilter/xt_LOG.h`).
public struct LogParameters: Hashable, Sendable {
    public var prefix: String
    /// A syslog level, 0 (emerg) to 7 (debug).
    public var level: UInt8
    public var tcpSequence: Bool
    public var tcpOptions: Bool
    public var ipOptions: Bool
    public var uid: Bool
    public var macDecode: Bool

    public init(
        prefix: String = "", level: UInt8 = 4, tcpSequence: Bool = false, tcpOptions: Bool = false,
        ipOptions: Bool = false, uid: Bool = false, macDecode: Bool = false
    ) {
        self.prefix = prefix
        self.level = level
        self.tcpSequence = tcpSequence
        self.tcpOptions = tcpOptions
        self.ipOptions = ipOptions
        self.uid = uid
        self.macDecode = macDecode
    }
}
