import Packets

/// The bytes of a pcapng (draft-ietf-opsawg-pcapng), in the host's byte order.
enum PcapngOutput {
    static func section(_ output: inout FileOutput) {
        let length: UInt32 = 28
        output.append(PcapngBlockType.sectionHeader)
        output.append(length)
        output.append(PcapngByteOrder.magic)
        output.append(1 as UInt16)
        output.append(0 as UInt16)
        // The section's length isn't known.
        output.append(UInt64.max)
        output.append(length)
    }

    static func interface(_ output: inout FileOutput, _ interface: CaptureInterface) {
        let name = optionText(interface.name)
        let description = optionText(interface.description)
        // The fixed fields and the trailing length, if_tsresol, the end of the options.
        let length = UInt32(20 + optionLength(name) + optionLength(description) + 8 + 4)
        output.append(PcapngBlockType.interfaceDescription)
        output.append(length)
        output.append(interface.linkType.rawValue)
        output.append(0 as UInt16)
        output.append(max(interface.snapLength, maximumSnapLength(interface.linkType)))
        append(&output, PcapngOptionCode.interfaceName, name)
        append(&output, PcapngOptionCode.interfaceDescription, description)
        output.append(PcapngOptionCode.timestampResolution)
        output.append(1 as UInt16)
        output.append(9 as UInt8)
        output.append(zeros: 3)
        output.append(0 as UInt32)
        output.append(length)
    }

    static func packet(
        _ output: inout FileOutput, _ frame: Frame, _ bytes: RawSpan, interface: UInt32
    ) {
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
        output.append(PcapngBlockType.enhancedPacket)
        output.append(length)
        output.append(interface)
        output.append(UInt32(truncatingIfNeeded: time >> 32))
        output.append(UInt32(truncatingIfNeeded: time))
        output.append(captured)
        output.append(max(frame.originalLength, captured))
        output.append(bytes)
        output.append(zeros: padding)
        if let flags {
            output.append(PcapngOptionCode.packetFlags)
            output.append(4 as UInt16)
            output.append(flags)
            output.append(0 as UInt32)
        }
        output.append(length)
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

    private static func append(_ output: inout FileOutput, _ code: UInt16, _ text: String?) {
        guard let text else { return }
        output.append(code)
        output.append(UInt16(text.utf8.count))
        output.append(text: text)
        output.append(zeros: (4 - text.utf8.count % 4) % 4)
    }
}
