import Packets

/// Reads the blocks of a pcapng file (draft-ietf-opsawg-pcapng). Where libpcap 1.10 ends with an error, so
/// does this, except that interfaces of different link types or snapshot lengths and sections of different
/// byte orders are read.
struct PcapngReader {
    private(set) var interfaces: [CaptureInterface] = []
    private(set) var comments = PcapngComments()
    /// Where the block of the last packet begins.
    private(set) var packetOffset: UInt64 = 0

    private var entries: [PcapngInterface.Entry] = []
    /// Where the interfaces of the current section begin.
    private var sectionStart = 0
    private var swapped = false
    private var frameCount: UInt64 = 0
    private var maximumBlockLength: UInt32 = 16 << 20

    /// More than that is an attack on the memory.
    private static let interfaceLimit = 65_536

    /// Reads the first Section Header Block: nothing else may come first. Like libpcap it doesn't hold the
    /// length against the one at the block's end.
    mutating func readFirstSection(_ window: inout InputWindow) throws(CaptureError) {
        guard try window.has(12), let order = Self.byteOrder(window.next(12).bytes) else {
            throw CaptureError(
                .notACapture, "not a capture: it begins like pcapng, without a byte-order magic")
        }
        swapped = order
        let length = Int(window.next(8).bytes.uint32(4, swapped: swapped))
        guard (28...1 << 20).contains(length) else {
            throw CaptureError(.corrupt, "the section header block says that it has \(length) bytes", at: 0)
        }
        guard try window.has(length) else { throw Self.truncated(length, window) }
        let block = window.next(length - 4).bytes
        let minor = block.uint16(14, swapped: swapped)
        guard minor == 0 || minor == 2 else {
            throw CaptureError(.unsupported, "pcapng version 1.\(minor) isn't supported", at: 0)
        }
        try beginSection(block, at: 0)
        window.consume(length)
    }

    /// The next frame, its bytes in `bytes`; nil at the end of the file.
    mutating func next(
        _ window: inout InputWindow, _ bytes: inout UnsafeRawBufferPointer
    ) throws(CaptureError) -> Frame? {
        while try window.has(1) {
            let (type, length) = try readBlock(&window)
            let block = window.next(length - 4)
            let packet: PcapngPacket?
            switch type {
            case PcapngBlockType.enhancedPacket:
                packet = PcapngPacket(enhanced: block.bytes, swapped: swapped)
            case PcapngBlockType.packet: packet = PcapngPacket(old: block.bytes, swapped: swapped)
            case PcapngBlockType.simplePacket: packet = PcapngPacket(simple: block.bytes, swapped: swapped)
            default:
                window.consume(length)
                continue
            }
            packetOffset = window.offset
            guard let packet else {
                throw CaptureError(.corrupt, "a packet block is too short", at: packetOffset)
            }
            let frame = try frame(packet, block, &bytes)
            window.consume(length)
            return frame
        }
        guard !interfaces.isEmpty else {
            throw CaptureError(.corrupt, "the capture has no interface description", at: window.offset)
        }
        return nil
    }

    /// Brings a whole block into memory and takes in what the frames after it need. The block isn't consumed.
    @inline(__always)
    private mutating func readBlock(_ window: inout InputWindow) throws(CaptureError) -> (UInt32, Int) {
        guard try window.has(8) else { throw Self.truncated(8, window) }
        let type = window.next(4).bytes.uint32(0, swapped: swapped)
        if type == PcapngBlockType.sectionHeader { try turnToSection(&window) }
        let stored = window.next(8).bytes.uint32(4, swapped: swapped)
        guard stored >= 12, stored % 4 == 0, stored <= maximumBlockLength else {
            throw Self.badLength(stored, window)
        }
        let length = Int(stored)
        guard try window.has(length) else { throw Self.truncated(length, window) }
        guard window.next(length).bytes.uint32(length - 4, swapped: swapped) == stored else {
            throw Self.lengthsDiffer(length, window)
        }
        if type == PcapngBlockType.sectionHeader {
            try beginSection(window.next(length - 4).bytes, at: window.offset)
        } else if type == PcapngBlockType.interfaceDescription {
            try addInterface(window.next(length - 4).bytes, at: window.offset)
        }
        return (type, length)
    }

    // MARK: Sections and interfaces

    /// Whether a section header's bytes are swapped; nil without a byte-order magic.
    private static func byteOrder(_ header: RawSpan) -> Bool? {
        switch header.uint32(8, swapped: false) {
        case PcapngByteOrder.magic: false
        case PcapngByteOrder.magic.byteSwapped: true
        default: nil
        }
    }

    private mutating func turnToSection(_ window: inout InputWindow) throws(CaptureError) {
        guard try window.has(12) else { throw Self.truncated(12, window) }
        guard let order = Self.byteOrder(window.next(12).bytes) else {
            throw CaptureError(.corrupt, "a section has no byte-order magic", at: window.offset)
        }
        swapped = order
    }

    private mutating func beginSection(_ block: RawSpan, at offset: UInt64) throws(CaptureError) {
        guard block.byteCount >= 24 else {
            throw CaptureError(.corrupt, "a section header block is too short", at: offset)
        }
        let major = block.uint16(12, swapped: swapped)
        guard major == 1 else {
            throw CaptureError(.unsupported, "pcapng version \(major) isn't supported", at: offset)
        }
        sectionStart = interfaces.count
        var options = PcapngOptions(at: 24, swapped: swapped)
        while case .option(let option) = options.next(in: block) {
            if option.code == PcapngOptionCode.comment {
                comments.add(.section, block.text(option.value, limit: PcapngComments.textLimit))
            }
        }
    }

    private mutating func addInterface(_ block: RawSpan, at offset: UInt64) throws(CaptureError) {
        guard interfaces.count < Self.interfaceLimit else {
            throw CaptureError(.corrupt, "more than \(Self.interfaceLimit) interfaces", at: offset)
        }
        var description: PcapngInterface
        do {
            description = try PcapngInterface(block, swapped: swapped)
        } catch {
            var located = error
            located.offset = offset
            throw located
        }
        for text in description.comments { comments.add(.interface(interfaces.count), text) }
        interfaces.append(description.interface)
        entries.append(description.entry)
        // An Enhanced Packet Block with a frame of the largest size and 128 KiB of options, as libpcap
        // allows.
        maximumBlockLength = max(
            maximumBlockLength, maximumSnapLength(description.entry.linkType) + 131_072 + 32)
    }

    // MARK: Packets

    /// - Parameter block: the packet's, without its trailing length.
    @inline(__always)
    private mutating func frame(
        _ packet: PcapngPacket, _ block: UnsafeMutableRawBufferPointer, _ bytes: inout UnsafeRawBufferPointer
    ) throws(CaptureError) -> Frame {
        guard packet.interface < entries.count &- sectionStart else {
            throw unknownInterface(packet.interface)
        }
        let index = sectionStart &+ packet.interface
        let entry = entries[index]
        let captured = packet.captured ?? min(packet.original, entry.snapLength)
        let end = packet.start &+ Int(captured)
        guard captured <= entry.snapLength, end <= block.count else { throw tooMuchCaptured(captured) }
        let frame = UnsafeMutableRawBufferPointer(rebasing: block[packet.start..<end])
        if swapped && entry.linkType == NflogHeader.linkType {
            NflogHeader.convertToHostOrder(frame, originalLength: packet.original)
        }
        bytes = UnsafeRawBufferPointer(frame)
        frameCount &+= 1
        let optionsStart = (end &+ 3) & ~3
        let hasOptions = packet.mayHaveOptions && block.count > optionsStart
        return Frame(
            timestamp: entry.clock.timestamp(packet.ticks), originalLength: max(packet.original, captured),
            captureInterface: UInt32(truncatingIfNeeded: index), linkType: entry.linkType,
            direction: hasOptions ? readOptions(block.bytes, at: optionsStart) : .unknown)
    }

    /// Collects comments and returns the direction. Damaged options end the walk; libpcap doesn't look.
    @inline(never)
    private mutating func readOptions(_ block: RawSpan, at start: Int) -> FrameDirection {
        var direction = FrameDirection.unknown
        var options = PcapngOptions(at: start, swapped: swapped)
        while case .option(let option) = options.next(in: block) {
            if option.code == PcapngOptionCode.comment {
                comments.add(
                    .frame(frameCount), block.text(option.value, limit: PcapngComments.textLimit))
            } else if option.code == PcapngOptionCode.packetFlags && option.value.count == 4 {
                switch block.uint32(option.value.lowerBound, swapped: swapped) & 3 {
                case 1: direction = .inbound
                case 2: direction = .outbound
                default: direction = .unknown
                }
            }
        }
        return direction
    }

    // MARK: Errors

    @inline(never)
    private func unknownInterface(_ number: Int) -> CaptureError {
        CaptureError(
            .corrupt, "a packet of interface \(number), which no description precedes", at: packetOffset)
    }

    @inline(never)
    private func tooMuchCaptured(_ length: UInt32) -> CaptureError {
        CaptureError(
            .corrupt, "a packet block says that it holds \(length) bytes, it can't", at: packetOffset)
    }

    @inline(never)
    private static func lengthsDiffer(_ length: Int, _ window: borrowing InputWindow) -> CaptureError {
        CaptureError(.corrupt, "a block of \(length) bytes doesn't end with its length", at: window.offset)
    }

    @inline(never)
    private static func truncated(_ length: Int, _ window: borrowing InputWindow) -> CaptureError {
        CaptureError(
            .truncated, "the file ends inside a block: it has \(length) bytes, \(window.available) are there",
            at: window.offset)
    }

    @inline(never)
    private static func badLength(_ length: UInt32, _ window: borrowing InputWindow) -> CaptureError {
        let why =
            length < 12
            ? "shorter than a block can be" : length % 4 != 0 ? "not a multiple of 4" : "absurdly long"
        return CaptureError(
            .corrupt, "a block says that it has \(length) bytes, which is \(why)", at: window.offset)
    }
}
