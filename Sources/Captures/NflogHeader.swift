import Packets

/// The pseudo header of LINKTYPE_NFLOG is in the byte order of the host that captured. libpcap turns it into
/// the reader's, and so do we; what else it turns (USB, PF log, CAN) has no IP packet behind it that we read.
enum NflogHeader {
    static let linkType = LinkType(rawValue: 239)

    /// Swaps the type and the length of each TLV of a frame captured in the other byte order
    /// (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html).
    /// - Parameter originalLength: as the file says; TLVs that reach behind it end the walk, as in libpcap.
    static func convertToHostOrder(_ frame: UnsafeMutableRawBufferPointer, originalLength: UInt32) {
        // Family, version (0 is the only one) and a resource id, which is in network order.
        guard frame.count >= 4, originalLength >= 4, frame[1] == 0 else { return }
        let end = min(frame.count, Int(originalLength))
        var offset = 4
        while frame.count - offset >= 4 {
            frame.swapAt(offset, offset + 1)
            frame.swapAt(offset + 2, offset + 3)
            let length = Int(frame.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            let padded = (length + 3) & ~3
            guard length >= 4, padded <= end - offset else { return }
            offset += padded
        }
    }
}
