import Packets

/// An Interface Description Block (draft-ietf-opsawg-pcapng, section 4.2).
struct PcapngInterface {
    /// What the packet blocks need of it.
    struct Entry: BitwiseCopyable {
        var clock: PcapngClock
        var linkType: LinkType
        var snapLength: UInt32
    }

    var interface: CaptureInterface
    var entry: Entry
    var comments: [String] = []

    /// Longest text kept of an option.
    private static let textLimit = 255

    /// - Parameter block: the block without its trailing length.
    init(_ block: RawSpan, swapped: Bool) throws(CaptureError) {
        guard block.byteCount >= 16 else {
            throw CaptureError(.corrupt, "the interface description block is too short")
        }
        let linkType = LinkType(rawValue: block.uint16(8, swapped: swapped))
        let snapLength = adjustedSnapLength(block.uint32(12, swapped: swapped), linkType)
        interface = CaptureInterface(linkType: linkType, snapLength: snapLength)
        var resolution: TimestampResolution?
        var offset: UInt64?
        var options = PcapngOptions(at: 16, swapped: swapped)
        walk: while true {
            switch options.next(in: block) {
            case .end: break walk
            case .damaged:
                throw CaptureError(.corrupt, "an option of the interface description block is damaged")
            case .option(let option):
                switch option.code {
                case PcapngOptionCode.comment:
                    comments.append(block.text(option.value, limit: PcapngComments.textLimit))
                case PcapngOptionCode.interfaceName:
                    interface.name = block.text(option.value, limit: Self.textLimit)
                case PcapngOptionCode.interfaceDescription:
                    interface.description = block.text(option.value, limit: Self.textLimit)
                case PcapngOptionCode.filter:
                    interface.filter = Self.filter(block, option.value)
                case PcapngOptionCode.timestampResolution:
                    guard option.value.count == 1, resolution == nil else {
                        throw CaptureError(.corrupt, "if_tsresol has the wrong length or is given twice")
                    }
                    resolution = Self.resolution(
                        block.unsafeLoad(fromByteOffset: option.value.lowerBound, as: UInt8.self))
                case PcapngOptionCode.timestampOffset:
                    guard option.value.count == 8, offset == nil else {
                        throw CaptureError(.corrupt, "if_tsoffset has the wrong length or is given twice")
                    }
                    offset = block.uint64(option.value.lowerBound, swapped: swapped)
                default: break
                }
            }
        }
        interface.resolution = resolution ?? .microseconds
        guard let clock = PcapngClock(interface.resolution, offset: offset ?? 0) else {
            throw CaptureError(.unsupported, "if_tsresol is finer than 64 bits can count")
        }
        entry = Entry(clock: clock, linkType: linkType, snapLength: snapLength)
    }

    private static func resolution(_ value: UInt8) -> TimestampResolution {
        value & 0x80 == 0 ? .decimal(value) : .binary(value & 0x7f)
    }

    /// `if_filter` starts with its kind: 0 is a libpcap expression.
    private static func filter(_ block: RawSpan, _ value: Range<Int>) -> String? {
        guard !value.isEmpty, block.unsafeLoad(fromByteOffset: value.lowerBound, as: UInt8.self) == 0 else {
            return nil
        }
        return block.text(value.dropFirst(), limit: textLimit)
    }
}
