import Packets

/// Reads the records of a classic pcap, as its header says they are.
struct PcapRecords: BitwiseCopyable {
    private let swapped: Bool
    private let convertsNflog: Bool
    private let lengthOrder: PcapLengthOrder
    private let linkType: LinkType
    private let headerLength: Int
    private let nanosecondsPerTick: Int64
    private let snapLength: UInt32
    private let maximumLength: UInt32

    init(_ header: PcapHeader) {
        swapped = header.magic.isSwapped
        linkType = header.linkType
        convertsNflog = swapped && linkType == NflogHeader.linkType
        lengthOrder = header.lengthOrder
        snapLength = header.snapLength
        maximumLength = maximumSnapLength(header.linkType)
        switch header.magic {
        case .microseconds:
            headerLength = 16
            nanosecondsPerTick = 1000
        case .nanoseconds:
            headerLength = 16
            nanosecondsPerTick = 1
        case .kuznetzov:
            headerLength = 24
            nanosecondsPerTick = 1000
        }
    }

    /// The next frame, its bytes in `bytes`; nil at the end of the file.
    @inline(__always)
    func next(
        _ window: inout InputWindow, _ bytes: inout UnsafeRawBufferPointer
    ) throws(CaptureError) -> Frame? {
        guard try window.has(headerLength) else {
            if window.available == 0 { return nil }
            throw Self.truncated(headerLength, "record header", window)
        }
        let header = window.next(16).bytes
        // Both fields are unsigned (draft-ietf-opsawg-pcap, section 5); a fraction over a second is kept as
        // it is.
        let seconds = Int64(header.uint32(0, swapped: swapped))
        let fraction = Int64(header.uint32(4, swapped: swapped))
        var captured = header.uint32(8, swapped: swapped)
        var original = header.uint32(12, swapped: swapped)
        if lengthOrder != .capturedFirst && (lengthOrder == .originalFirst || captured > original) {
            (captured, original) = (original, captured)
        }
        if captured > maximumLength { throw tooLong(captured, window) }
        let stored = headerLength &+ Int(captured)
        guard try window.has(stored) else {
            throw Self.truncated(stored, "record", window)
        }
        let record = window.next(stored)
        let frame = UnsafeMutableRawBufferPointer(
            rebasing: record[headerLength..<headerLength &+ Int(min(captured, snapLength))])
        if convertsNflog { NflogHeader.convertToHostOrder(frame, originalLength: original) }
        bytes = UnsafeRawBufferPointer(frame)
        window.consume(stored)
        return Frame(
            timestamp: Timestamp(nanoseconds: seconds &* 1_000_000_000 &+ fraction &* nanosecondsPerTick),
            originalLength: max(original, UInt32(truncatingIfNeeded: frame.count)), linkType: linkType)
    }

    @inline(never)
    private func tooLong(_ length: UInt32, _ window: borrowing InputWindow) -> CaptureError {
        CaptureError(
            .corrupt, "a record says that it has \(length) bytes, \(maximumLength) is the most",
            at: window.offset)
    }

    @inline(never)
    private static func truncated(
        _ length: Int, _ what: String, _ window: borrowing InputWindow
    ) -> CaptureError {
        CaptureError(
            .truncated,
            "the file ends inside a \(what): it has \(length) bytes, \(window.available) are there",
            at: window.offset)
    }
}
