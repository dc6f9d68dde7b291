import Packets

/// The bytes of a classic pcap (pcap-savefile(5)), in the host's byte order.
enum PcapOutput {
    static func header(
        _ output: inout FileOutput, _ interface: CaptureInterface, nanoseconds: Bool
    ) throws(CaptureError) {
        try output.append(
            nanoseconds ? PcapMagic.nanosecondsNumber : PcapMagic.microsecondsNumber)
        try output.append(2 as UInt16)
        try output.append(4 as UInt16)
        try output.append(0 as UInt64)
        try output.append(max(interface.snapLength, maximumSnapLength(interface.linkType)))
        try output.append(UInt32(interface.linkType.rawValue))
    }

    static func record(
        _ output: inout FileOutput, _ frame: Frame, _ bytes: RawSpan, nanoseconds: Bool
    ) throws(CaptureError) {
        let latest = Int64(UInt32.max) * 1_000_000_000 + 999_999_999
        let time = UInt64(min(max(frame.timestamp.nanoseconds, 0), latest))
        let (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        try output.append(UInt32(seconds))
        try output.append(UInt32(nanoseconds ? fraction : fraction / 1000))
        try output.append(UInt32(bytes.byteCount))
        try output.append(max(frame.originalLength, UInt32(bytes.byteCount)))
        try output.append(bytes)
    }
}
