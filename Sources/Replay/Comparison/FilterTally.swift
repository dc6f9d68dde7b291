public import Engine
import Gateway
public import Packets

/// What a packet filter did with the packets of one session.
public struct FilterTally: Sendable {
    /// The raw values are stable names for output.
    public enum Verdict: String, Sendable, CaseIterable {
        case accept = "ACCEPT"
        /// Some passed, and some didn't.
        case partial = "PARTIAL"
        case reject = "REJECT"
        case drop = "DROP"
    }

    public private(set) var accepted: UInt64 = 0
    public private(set) var dropped: UInt64 = 0
    private var rejected: UInt64 = 0
    private var decision: (packet: UInt64, rule: RuleID?)?
    private var refusal: (packet: UInt64, rule: RuleID?)?
    public private(set) var family = AddressFamily.ipv4
    /// A packet of the handshake, of either side, didn't pass, so that no connection stands.
    private var breaksHandshake = false
    private var clientPayloads: UInt64 = 0
    private var acceptedPayloads: UInt64 = 0
    private var acceptedBytes: UInt64 = 0
    /// Payload of the client that passed before the first packet that didn't.
    public private(set) var leakedBytes: UInt64 = 0

    public init() {}

    /// - Parameter packet: as it arrived.
    mutating func add(_ result: PacketResult, from peer: Peer) {
        guard case .traversed(let traversal) = result.outcome else { return }
        let packet = result.packet
        family = packet.family
        let payload = peer == .client ? packet.payloadLength : 0
        if payload > 0 { clientPayloads += 1 }
        if decision == nil { decision = (result.number, traversal.rule) }
        if traversal.verdict == .accept {
            accepted += 1
            acceptedBytes += UInt64(payload)
            if payload > 0 { acceptedPayloads += 1 }
        } else {
            dropped += 1
            if traversal.verdict == .reject { rejected += 1 }
            if packet.transportProtocol == .tcp, packet.tcpFlags.contains(.syn) { breaksHandshake = true }
            if refusal == nil {
                refusal = (result.number, traversal.rule)
                leakedBytes = acceptedBytes
            }
        }
    }

    public var verdict: Verdict {
        if dropped == 0 { return .accept }
        if accepted > 0 { return .partial }
        return rejected > 0 ? .reject : .drop
    }

    /// What decided: the first packet that didn't pass, else the first packet.
    public var rule: RuleID? { (refusal ?? decision)?.rule }
    public var decidedAtPacket: UInt64? { (refusal ?? decision)?.packet }

    /// Whether a payload of the client could reach the server.
    public var letsThrough: Bool {
        guard !breaksHandshake else { return false }
        return clientPayloads > 0 ? acceptedPayloads > 0 : verdict == .accept
    }
}

extension Packet {
    /// Bytes behind the header of TCP or UDP, by the packet's own word.
    fileprivate var payloadLength: Int {
        let header = transportProtocol == .tcp ? max(20, Int(tcpHeaderLength)) : 8
        return max(0, Int(transportLength) - header)
    }
}
