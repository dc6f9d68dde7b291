/// What the first bytes of a file say it is.
enum CaptureFormat: Equatable {
    case pcap(PcapMagic)
    case pcapng
    case gzip
    case zstd
    /// Neither of those, with the name of the compression where it is a known one.
    case other(compression: String?)

    /// The bytes that `init` looks at.
    static let prefixLength = 4

    /// - Parameter prefix: at least `prefixLength` bytes.
    init(prefix: RawSpan) {
        let number = prefix.uint32(0, swapped: false)
        if let magic = PcapMagic(number) {
            self = .pcap(magic)
            return
        }
        switch number.bigEndian {
        case PcapngBlockType.sectionHeader: self = .pcapng
        case 0x1f8b_0000...0x1f8b_ffff: self = .gzip
        case 0x28b5_2ffd: self = .zstd
        // A skippable frame, as pzstd writes first (RFC 8878, section 3.1.2): 0x184D2A50 to 0x184D2A5F.
        case let magic where magic.byteSwapped & 0xffff_fff0 == 0x184d_2a50: self = .zstd
        case 0xfd37_7a58: self = .other(compression: "xz")
        case 0x425a_6830...0x425a_6839: self = .other(compression: "bzip2")
        case 0x0422_4d18: self = .other(compression: "lz4")
        default: self = .other(compression: nil)
        }
    }
}
