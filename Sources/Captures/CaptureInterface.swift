public import Packets

/// An interface that a capture was taken on. A classic pcap has one, without a name.
public struct CaptureInterface: Hashable, Sendable {
    /// pcapng `if_name`; at most 255 bytes of it are kept, as of the other texts.
    public var name: String?
    /// pcapng `if_description`.
    public var description: String?
    /// pcapng `if_filter`, when it is a libpcap filter expression.
    public var filter: String?
    public var linkType: LinkType
    /// No frame of this interface has more bytes captured. A file that says 0 or over 2³¹-1 gets what libpcap
    /// reads in its place: the maximum for the link type.
    public var snapLength: UInt32
    public var resolution: TimestampResolution

    public init(
        name: String? = nil, description: String? = nil, filter: String? = nil, linkType: LinkType,
        snapLength: UInt32 = 262_144, resolution: TimestampResolution = .nanoseconds
    ) {
        self.name = name
        self.description = description
        self.filter = filter
        self.linkType = linkType
        self.snapLength = snapLength
        self.resolution = resolution
    }
}

/// The unit in which a capture counts time: 10⁻ⁿ or 2⁻ⁿ seconds.
public enum TimestampResolution: Hashable, Sendable, BitwiseCopyable {
    case decimal(UInt8)
    case binary(UInt8)

    public static let microseconds = TimestampResolution.decimal(6)
    public static let nanoseconds = TimestampResolution.decimal(9)
}

/// A pcapng `opt_comment`.
public struct CaptureComment: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case section
        /// An index into `CaptureReader.interfaces`.
        case interface(Int)
        /// A frame's number, from 1.
        case frame(UInt64)
    }

    public var subject: Subject
    public var text: String
}

/// How far a reader has got in its file, counted in bytes of the file as it is stored.
public struct CaptureProgress: Hashable, Sendable, BitwiseCopyable {
    public var bytesRead: UInt64
    /// Nil for a pipe.
    public var bytesTotal: UInt64?
}
