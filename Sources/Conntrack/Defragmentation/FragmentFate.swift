public import Packets

/// Who gathers fragments; each keeps queues of its own (`enum ip_defrag_users`).
public enum FragmentUser: Sendable, Hashable, BitwiseCopyable {
    /// Connection tracking, ahead of the table raw in PREROUTING.
    case arriving
    /// The same in OUTPUT.
    case sentByHost
    /// The IPv4 host itself, between routing and INPUT.
    case localDelivery
    /// Someone who reads captures: copies of fragments, captured elsewhere, are packets of their own.
    case captured(place: UInt32)
}

/// What becomes of a packet that may be a fragment.
public enum FragmentFate: Sendable {
    /// It goes on as it is: no fragment, or one that can't be gathered (IPv6 only).
    case passed
    /// Kept until the rest is there.
    case held
    /// Dropped, and for most faults all that was held of its packet with it.
    case discarded(FragmentFault)
    /// It was the last one that was missing.
    case completed(Datagram)
}

/// Why reassembly drops a fragment. The raw values are stable names for output.
public enum FragmentFault: String, Sendable, CaseIterable, BitwiseCopyable {
    case duplicate = "fragment-duplicate"
    case overlap = "fragment-overlap"
    /// It lies beyond the end of the packet, or gives it another end.
    case conflictingEnd = "fragment-conflicting-end"
    case empty = "fragment-empty"
    /// The IPv6 fragment header is cut short.
    case truncated = "fragment-truncated"
    /// The whole packet would be longer than 65,535 bytes.
    case oversized = "fragment-oversized"
    /// Some fragments are of an ECN-capable transport and some aren't (RFC 3168, 5.3).
    case mixedECN = "fragment-mixed-ecn"
    /// As much is held as memory is given for.
    case outOfMemory = "fragment-memory"
}

/// A packet put together from fragments.
public struct Datagram: Sendable {
    /// The IP packet without a link header; where the capture cut a fragment, only what is before that.
    public var bytes: [UInt8]
    /// Decoded from `bytes`.
    public var packet: Packet
    /// That of the first fragment, with the interfaces and the time of the one that completed the packet.
    public var metadata: PacketMetadata
    public var fragments: UInt16
    /// The lengths of the fragments' payloads, in the order of their offsets.
    public var lengths: [Int]
}
