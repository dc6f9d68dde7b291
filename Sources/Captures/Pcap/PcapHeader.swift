import Packets

/// The file header of a classic pcap (pcap-savefile(5)), and what libpcap makes of it.
struct PcapHeader {
    static let length = 24

    var magic: PcapMagic
    var linkType: LinkType
    var snapLength: UInt32
    var lengthOrder: PcapLengthOrder

    init(_ magic: PcapMagic, _ window: inout InputWindow) throws(CaptureError) {
        guard try window.has(Self.length) else {
            throw CaptureError(
                .truncated, "the pcap file header has \(Self.length) bytes, \(window.available) are there",
                at: 0)
        }
        let bytes = window.next(Self.length).bytes
        let swapped = magic.isSwapped
        self.magic = magic
        // 26 bits are the link type, the others the length of a frame check sequence, which libpcap leaves in
        // the bytes as we do. No link type over 65,535 is assigned: 65,535 stands for one nobody knows.
        let linkType = bytes.uint32(20, swapped: swapped) & 0x03ff_ffff
        self.linkType = LinkType(rawValue: UInt16(clamping: linkType))
        var snapLength = adjustedSnapLength(bytes.uint32(16, swapped: swapped), self.linkType)
        if case .kuznetzov = magic, linkType == 1 {
            // Cooked captures got a made-up Ethernet header on top of the snapshot length.
            snapLength = min(snapLength, UInt32(Int32.max) - 14) + 14
        }
        self.snapLength = snapLength
        let version = (bytes.uint16(4, swapped: swapped), bytes.uint16(6, swapped: swapped))
        switch version {
        case (2, 0...2), (543, 0): lengthOrder = .originalFirst
        case (2, 3): lengthOrder = .smallerIsCaptured
        case (2, 4): lengthOrder = .capturedFirst
        default:
            throw CaptureError(
                .unsupported, "pcap version \(version.0).\(version.1) isn't supported (2.0 to 2.4 are)", at: 4
            )
        }
        window.consume(Self.length)
    }

    var interface: CaptureInterface {
        var resolution = TimestampResolution.microseconds
        if case .nanoseconds = magic { resolution = .nanoseconds }
        return CaptureInterface(linkType: linkType, snapLength: snapLength, resolution: resolution)
    }
}

/// Which of a record's two lengths comes first: the order changed with version 2.3, and not every writer kept
/// to it.
enum PcapLengthOrder {
    case capturedFirst, originalFirst, smallerIsCaptured
}
