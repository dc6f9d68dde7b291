/// TCP options (RFC 9293, 7323, 2018), read from a packet's bytes when somebody asks.
public struct TCPOptions: Sendable, BitwiseCopyable {
    public var maximumSegmentSize: UInt16?
    /// As sent; connection tracking takes more than 14 for 14.
    public var windowScale: UInt8?
    public var isSACKPermitted: Bool
    public var timestamp: Timestamp?
    public var sackBlockCount: UInt8
    private var sackBlocks: (SACKBlock, SACKBlock, SACKBlock, SACKBlock)

    public struct Timestamp: Hashable, Sendable, BitwiseCopyable {
        public var value: UInt32
        public var echoReply: UInt32
    }

    /// Sequence numbers; `right` is the first one not received.
    public struct SACKBlock: Hashable, Sendable, BitwiseCopyable {
        public var left: UInt32
        public var right: UInt32
    }

    /// - Precondition: `index` is in `0..<sackBlockCount`.
    public func sackBlock(_ index: Int) -> SACKBlock {
        precondition(index >= 0 && index < Int(sackBlockCount))
        return switch index {
        case 0: sackBlocks.0
        case 1: sackBlocks.1
        case 2: sackBlocks.2
        default: sackBlocks.3
        }
    }

    fileprivate init() {
        isSACKPermitted = false
        sackBlockCount = 0
        let none = SACKBlock(left: 0, right: 0)
        sackBlocks = (none, none, none, none)
    }

    fileprivate mutating func appendSACKBlock(_ block: SACKBlock) {
        switch sackBlockCount {
        case 0: sackBlocks.0 = block
        case 1: sackBlocks.1 = block
        case 2: sackBlocks.2 = block
        case 3: sackBlocks.3 = block
        default: return
        }
        sackBlockCount += 1
    }

    /// Option kinds (https://www.iana.org/assignments/tcp-parameters).
    public enum Kind {
        public static let end: UInt8 = 0
        public static let noOperation: UInt8 = 1
        public static let maximumSegmentSize: UInt8 = 2
        public static let windowScale: UInt8 = 3
        public static let sackPermitted: UInt8 = 4
        public static let sack: UInt8 = 5
        public static let timestamp: UInt8 = 8
    }
}

/// What a search for a TCP option found.
public enum TCPOptionPresence: Sendable, BitwiseCopyable {
    case present, absent
    /// The header says it is shorter than 20 bytes, or longer than the packet, or the capture lacks its end. The
    /// kernel's `tcp` match drops such a packet.
    case unreadable
}

extension Packet {
    /// Where the options are in the frame; nil if they can't be read. Only for a TCP packet with its fixed header.
    private var tcpOptionRange: Range<Int>? {
        guard transportProtocol == .tcp, flags.contains(.hasTransportHeader), tcpHeaderLength >= 20,
            UInt32(tcpHeaderLength) <= transportCaptured
        else { return nil }
        return Int(transportOffset) + 20..<Int(transportOffset) + Int(tcpHeaderLength)
    }

    /// Looks for an option as `tcp_find_option` (net/netfilter/xt_tcpudp.c) does: it doesn't stop at the end-of-list
    /// option, takes a length of 0 for 1, and looks at what kinds there are, not at what they hold.
    public func findTCPOption(_ kind: UInt8, _ bytes: RawSpan) -> TCPOptionPresence {
        guard let range = tcpOptionRange else { return .unreadable }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let found = bytes.byte(at: offset)
            if found == kind { return .present }
            if found < 2 || offset == range.upperBound - 1 {
                offset += 1
            } else {
                offset += max(1, Int(bytes.byte(at: offset + 1)))
            }
        }
        return .absent
    }

    /// Reads the options as connection tracking does (`tcp_options`, `tcp_sack` of nf_conntrack_proto_tcp.c): up to
    /// the end-of-list option or the first length that can't be. nil if they can't be read.
    public func tcpOptions(_ bytes: RawSpan) -> TCPOptions? {
        guard let range = tcpOptionRange else { return nil }
        var options = TCPOptions()
        var offset = range.lowerBound
        while offset < range.upperBound {
            let kind = bytes.byte(at: offset)
            if kind == TCPOptions.Kind.end { break }
            if kind == TCPOptions.Kind.noOperation {
                offset += 1
                continue
            }
            guard offset + 2 <= range.upperBound else { break }
            let length = Int(bytes.byte(at: offset + 1))
            guard length >= 2, offset + length <= range.upperBound else { break }
            switch (kind, length) {
            case (TCPOptions.Kind.maximumSegmentSize, 4):
                options.maximumSegmentSize = bytes.uint16(at: offset + 2)
            case (TCPOptions.Kind.windowScale, 3): options.windowScale = bytes.byte(at: offset + 2)
            case (TCPOptions.Kind.sackPermitted, 2): options.isSACKPermitted = true
            case (TCPOptions.Kind.timestamp, 10):
                options.timestamp = TCPOptions.Timestamp(
                    value: bytes.uint32(at: offset + 2), echoReply: bytes.uint32(at: offset + 6))
            case (TCPOptions.Kind.sack, 10...) where (length - 2) % 8 == 0:
                for block in stride(from: offset + 2, to: offset + length, by: 8) {
                    options.appendSACKBlock(
                        TCPOptions.SACKBlock(
                            left: bytes.uint32(at: block), right: bytes.uint32(at: block + 4)))
                }
            default: break
            }
            offset += length
        }
        return options
    }

    /// Whether all TCP options can be read.
    public var hasReadableTCPOptions: Bool { tcpOptionRange != nil }

    /// Looks for the MSS as `xt_tcpmss.c` does, which unlike connection tracking goes on behind the
    /// end-of-list option and behind an option that claims to have no length.
    public func tcpMaximumSegmentSize(_ bytes: RawSpan) -> UInt16? {
        guard let range = tcpOptionRange else { return nil }
        var offset = range.lowerBound
        let end = min(range.upperBound, bytes.byteCount)
        while offset < end {
            let kind = bytes.byte(at: offset)
            if kind == TCPOptions.Kind.maximumSegmentSize, end - offset >= 4, bytes.byte(at: offset + 1) == 4
            {
                return bytes.uint16(at: offset + 2)
            }
            if kind < 2 || offset == end - 1 {
                offset += 1
            } else {
                offset += max(1, Int(bytes.byte(at: offset + 1)))
            }
        }
        return nil
    }
}
