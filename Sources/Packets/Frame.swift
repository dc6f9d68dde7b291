/// A moment on the capture's clock.
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// What a capture says of one frame; the bytes travel beside it as a span.
public struct Frame: Sendable, BitwiseCopyable {
    public var timestamp: Timestamp
    /// The frame's length on the wire, in bytes; at least the number of bytes captured.
    public var originalLength: UInt32
    /// The capture file's interface, from 0 in order of appearance (always 0 in a classic pcap).
    public var captureInterface: UInt32
    public var linkType: LinkType
    public var direction: FrameDirection

    @inlinable public init(
        timestamp: Timestamp, originalLength: UInt32, captureInterface: UInt32 = 0, linkType: LinkType,
        direction: FrameDirection = .unknown
    ) {
        self.timestamp = timestamp
        self.originalLength = originalLength
        self.captureInterface = captureInterface
        self.linkType = linkType
        self.direction = direction
    }
}

/// Which way a frame went, as its capture or its link layer says (pcapng `epb_flags`, the packet type of Linux
/// cooked captures).
public enum FrameDirection: UInt8, Sendable, BitwiseCopyable {
    case unknown, inbound, outbound
}

/// A `LINKTYPE_` value as capture files store it (https://www.tcpdump.org/linktypes.html).
public struct LinkType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt16

    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
}
