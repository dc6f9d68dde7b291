public import Packets

/// What connection tracking made of one packet.
public struct Tracking: Sendable, BitwiseCopyable {
    /// The packet's connection as rules see it from this hook on.
    public var flow: FlowView
    /// The connection in its table; `none` for INVALID and UNTRACKED packets.
    public var handle: FlowHandle { flow.handle }
    /// Why the packet is INVALID; nil for every other state.
    public var invalidReason: InvalidReason?
    /// The packet needed a new connection, the table held `nf_conntrack_max` and early drop found no room:
    /// the kernel drops the packet at this point.
    public var isTableFull: Bool
    public var certainty: TranslationCertainty

    init(
        flow: FlowView, invalidReason: InvalidReason? = nil, isTableFull: Bool = false,
        certainty: TranslationCertainty = .exact
    ) {
        self.flow = flow
        self.invalidReason = invalidReason
        self.isTableFull = isTableFull
        self.certainty = certainty
    }

    /// What an answer that the host itself makes (a REJECT's reset or ICMP error) carries into OUTPUT: the
    /// connection of the packet it answers, as RELATED, in the other direction. Nil if the packet has no
    /// connection; its answer is then tracked like any other packet (`nf_conntrack_attach`).
    public var answer: Tracking? {
        guard flow.exists else { return nil }
        var answer = self
        answer.flow.state = .related
        answer.flow.isReply.toggle()
        return answer
    }
}

/// What the caller found out about a packet's upper-layer checksum.
public enum ChecksumVerdict: UInt8, Sendable, BitwiseCopyable {
    /// Not looked at, or not computable because the capture was cut: taken for good, as with checksum
    /// offload.
    case notVerified
    case good
    case bad
}

/// One of the two network address translations that a connection can have (`enum nf_nat_manip_type`).
public enum NATManipulation: UInt8, Sendable, BitwiseCopyable {
    /// Decided in POSTROUTING and INPUT.
    case source
    /// Decided in PREROUTING and OUTPUT.
    case destination
}

/// How far it is known to what a connection is translated.
public enum TranslationCertainty: UInt8, Sendable, BitwiseCopyable {
    case exact
    /// To a port or identifier over which the kernel draws lots: another run may give another one.
    case drawn
    /// To an address that nobody named.
    case unknown
}

/// Which check made a packet INVALID. The raw values are stable names for traces.
public enum InvalidReason: String, Sendable, CaseIterable, BitwiseCopyable {
    /// A fragment that was not reassembled.
    case fragment = "fragment"
    /// No upper-layer header behind the IP header (a broken IPv6 header chain, or "no next header").
    case noTransportHeader = "no-transport-header"
    case truncatedHeader = "truncated-header"
    /// TCP data offset, UDP length or UDP-Lite coverage contradict the packet's length.
    case badLength = "bad-length"
    case badChecksum = "bad-checksum"
    case missingChecksum = "missing-checksum"
    /// ICMP over IPv6 or ICMPv6 over IPv4.
    case wrongFamily = "wrong-family"
    /// An ICMP type that neither opens nor answers a query.
    case icmpType = "icmp-type"
    case icmpErrorUnreadable = "icmp-error-unreadable"
    case icmpErrorUnknownFlow = "icmp-error-unknown-flow"
    case icmpErrorWrongDestination = "icmp-error-wrong-destination"
    /// A GRE version 1 packet that is not PPP.
    case greProtocol = "gre-protocol"
    case tcpFlags = "tcp-flags"
    /// The first packet of an unknown flow can't open a connection.
    case tcpNotOpening = "tcp-not-opening"
    /// The same, and it could with `nf_conntrack_tcp_loose`.
    case tcpPickupDisabled = "tcp-pickup-disabled"
    case tcpState = "tcp-state"
    case tcpResetOutOfWindow = "tcp-reset-out-of-window"
    case tcpSequenceOverWindow = "tcp-sequence-over-window"
    case tcpAcknowledgesUnseenData = "tcp-acknowledges-unseen-data"
    case sctpChunks = "sctp-chunks"
    case sctpVerificationTag = "sctp-verification-tag"
    case sctpState = "sctp-state"
}
