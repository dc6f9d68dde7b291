import Packets

/// The bytes of a pcapng (draft-ietf-opsawg-pcapng), in the host's byte order.
enum PcapngOutput {
    static func section(_ output: inout FileOutput) throws(CaptureError) {
        let length: UInt32 = 28
        try output.append(PcapngBlockType.sectionHeader)
        try output.append(length)
        try output.append(PcapngByteOrder.magic)
        try output.append(1 as UInt16)
        try output.append(0 as UInt16)
        // The section's length isn't known.
        try output.append(UInt64.max)
        try output.append(length)
    }

    static func interface(_ output: inout FileOutput, _ interface: CaptureInterface) throws(CaptureError) {
        let name = optionText(interface.name)
        let description = optionText(interface.description)
        // The fixed fields and the trailing length, if_tsresol, the end of the options.
        let length = UInt32(20 + optionLength(name) + optionLength(description) + 8 + 4)
        try output.append(PcapngBlockType.interfaceDescription)
        try output.append(length)
        try output.append(interface.linkType.rawValue)
        try output.append(0 as UInt16)
        try output.append(max(interface.snapLength, maximumSnapLength(interface.linkType)))
        try append(&output, PcapngOptionCode.interfaceName, name)
        try append(&output, PcapngOptionCode.interfaceDescription, description)
        try output.append(PcapngOptionCode.timestampResolution)
        try output.append(1 as UInt16)
        try output.append(9 as UInt8)
        try output.append(zeros: 3)
        try output.append(0 as UInt32)
        try output.append(length)
    }

    static func packet(
        _ output: inout FileOutput, _ frame: Frame, _ bytes: RawSpan, interface: UInt32
    ) throws(CaptureError) {
        let captured = UInt32(bytes.byteCount)
        let padding = Int(~captured &+ 1) & 3
        let flags: UInt32? =
            switch frame.direction {
            case .unknown: nil
            case .inbound: 1
            case .outbound: 2
            }
        let length = 32 + captured + UInt32(padding) + (flags == nil ? 0 : 12)
        let time = UInt64(max(frame.timestamp.nanoseconds, 0))
        try output.append(PcapngBlockType.enhancedPacket)
        try output.append(length)
        try output.append(interface)
        try output.append(UInt32(truncatingIfNeeded: time >> 32))
        try output.append(UInt32(truncatingIfNeeded: time))
        try output.append(captured)
        try output.append(max(frame.originalLength, captured))
        try output.append(bytes)
        try output.append(zeros: padding)
        if let flags {
            try output.append(PcapngOptionCode.packetFlags)
            try output.append(4 as UInt16)
            try output.append(flags)
            try output.append(0 as UInt32)
        }
        try output.append(length)
    }

    // MARK: Options

    /// The first 255 bytes, as the reader keeps; nothing for an empty text.
    private static func optionText(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return text.utf8.count <= 255 ? text : String(decoding: text.utf8.prefix(255), as: UTF8.self)
    }

    private static func optionLength(_ text: String?) -> Int {
        text.map { 4 + ($0.utf8.count + 3) & ~3 } ?? 0
    }

    private static func append(_ output: inout FileOutput, _ code: UInt16, _ text: String?)
        throws(CaptureError)
    {
        guard let text else { return }
        try output.append(code)
        try output.append(UInt16(text.utf8.count))
        try output.append(text.utf8.span.bytes)
        try output.append(zeros: (4 - text.utf8.count % 4) % 4)
    }
}
