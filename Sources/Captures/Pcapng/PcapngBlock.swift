/// Block types (draft-ietf-opsawg-pcapng, section 11.1). The others are skipped.
enum PcapngBlockType {
    /// The same bytes in either order.
    static let sectionHeader: UInt32 = 0x0a0d_0d0a
    static let interfaceDescription: UInt32 = 1
    static let packet: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let enhancedPacket: UInt32 = 6
}

/// Option codes (the same, section 3.5 and the sections of the blocks).
enum PcapngOptionCode {
    static let end: UInt16 = 0
    static let comment: UInt16 = 1
    static let interfaceName: UInt16 = 2
    static let interfaceDescription: UInt16 = 3
    static let timestampResolution: UInt16 = 9
    static let filter: UInt16 = 11
    static let timestampOffset: UInt16 = 14
    /// `epb_flags`, and the same in the old Packet Block.
    static let packetFlags: UInt16 = 2
}

enum PcapngByteOrder {
    static let magic: UInt32 = 0x1a2b_3c4d
}
