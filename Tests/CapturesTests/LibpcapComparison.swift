import Captures
import Foundation
import Packets
import Testing

/// What we read of a file against what libpcap reads of it.
enum LibpcapComparison {
    /// Compares frame by frame and returns the first difference in words, or nil.
    ///
    /// Ours may go on where libpcap stops for what it doesn't support: interfaces of another link type or
    /// snapshot length, and sections of another byte order.
    static func difference(path: String, limit: Int = .max) -> String? {
        let ours = ReadCapture(path: path, limit: limit)
        let theirs = ReadCapture(path: path, throughLibpcap: true, limit: limit)
        for (index, (our, their)) in zip(ours.entries, theirs.entries).enumerated() {
            let interface = ours.interfaces[Int(our.interface)]
            if let what = difference(our, their, interface) { return "frame \(index + 1): \(what)" }
        }
        if ours.entries.count == theirs.entries.count && (ours.error == nil) == (theirs.error == nil) {
            return nil
        }
        let goesOn = ours.entries.count >= theirs.entries.count
        if goesOn, let error = theirs.error, isLimitOfLibpcap(error) || hasBothByteOrders(path) { return nil }
        return "\(ours.entries.count) frames and \(ours.error?.description ?? "no error"), "
            + "libpcap \(theirs.entries.count) and \(theirs.error?.description ?? "no error")"
    }

    private static func difference(
        _ our: ReadCapture.Entry, _ their: ReadCapture.Entry, _ interface: CaptureInterface
    ) -> String? {
        let linkType = LinkType(rawValue: our.linkType)
        // A number that libpcap has no name for is 65,535 behind it.
        if their.linkType != .max && linkType.name != LinkType(rawValue: their.linkType).name {
            return "link type \(our.linkType), libpcap \(their.linkType)"
        }
        if !areEqual(our.time, their.time, interface.resolution) {
            return "time \(our.time), libpcap \(their.time)"
        }
        if hasConvertedHeader(our, linkType) { return nil }
        if our.original != their.original { return "length \(our.original), libpcap \(their.original)" }
        return our.bytes == their.bytes ? nil : "\(our.bytes), libpcap \(their.bytes)"
    }

    private static func isLimitOfLibpcap(_ error: CaptureError) -> Bool {
        error.message.contains("different from the type of the first interface")
            || error.message.contains("different from the snapshot length of the first interface")
    }

    /// Whether a pcapng file has sections of either byte order. libpcap reads their lengths in the first
    /// one's, and ends with one of several errors.
    private static func hasBothByteOrders(_ path: String) -> Bool {
        guard let bytes = try? [UInt8](Data(contentsOf: URL(filePath: path))) else { return false }
        var orders: Set<UInt8> = []
        for start in bytes.indices.dropLast(11) where bytes[start..<start + 4] == [0x0a, 0x0d, 0x0d, 0x0a] {
            if bytes[start + 8..<start + 12] == [0x1a, 0x2b, 0x3c, 0x4d] { orders.insert(0x1a) }
            if bytes[start + 8..<start + 12] == [0x4d, 0x3c, 0x2b, 0x1a] { orders.insert(0x4d) }
        }
        return orders.count == 2
    }

    /// libpcap reads the two 32-bit fields of a pcap in the host's byte order as signed, of one in the other
    /// as unsigned; the format's are unsigned. Of 2^-35 s and finer its arithmetic overflows.
    private static func areEqual(_ our: Int64, _ their: Int64, _ resolution: TimestampResolution) -> Bool {
        if case .binary(35...) = resolution { return true }
        let wrap: Int64 = 1 << 32
        let tick: Int64 = resolution == .nanoseconds ? 1 : 1000
        let differences = [0, wrap * 1_000_000_000, wrap * tick, wrap * 1_000_000_000 + wrap * tick]
        return differences.contains(our &- their)
    }

    /// Pseudo headers that libpcap turns into the host's byte order, or lengths that it mends, and we don't:
    /// no IP packet is in these frames that we could read.
    private static func hasConvertedHeader(_ entry: ReadCapture.Entry, _ linkType: LinkType) -> Bool {
        switch linkType.rawValue {
        case 117, 189, 220: true  // PFLOG, USB_LINUX, USB_LINUX_MMAPPED
        case 113: entry.bytes.count >= 16 && entry.bytes[14] == 0 && [0x0c, 0x0d].contains(entry.bytes[15])
        case 276: entry.bytes.count >= 2 && entry.bytes[0] == 0 && [0x0c, 0x0d].contains(entry.bytes[1])
        default: false
        }
    }
}
