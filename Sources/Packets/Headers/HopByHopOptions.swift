/// The checks of `ipv6_parse_hopopts` (net/ipv6/exthdrs.c), which come before PREROUTING.
enum HopByHopOptions {
    /// `net.ipv6.max_hbh_opts_number`, by default.
    private static let maximumCount = 8

    /// - Parameters:
    ///   - captured: bytes from the IPv6 header on.
    ///   - totalLength: the packet's length with what follows it on the wire if `payloadLength` is 0; shortened to
    ///     what a jumbo payload option says.
    @inline(never)
    static func check(
        _ bytes: RawSpan, networkOffset: Int, captured: Int, payloadLength: Int, totalLength: inout Int
    ) -> Malformation? {
        guard totalLength >= 48 else { return .badHopByHopOption }
        guard captured >= 48 else { return nil }
        let length = (Int(bytes.byte(at: networkOffset + 41)) + 1) * 8
        guard 40 + length <= totalLength else { return .badHopByHopOption }
        // Cut by the capture: nothing to be said against it.
        guard 40 + length <= captured else { return nil }

        var offset = 42
        let end = 40 + length
        var padding = 0
        var count = 0
        while offset < end {
            let type = bytes.byte(at: networkOffset + offset)
            if type == 0 {
                padding += 1
                guard padding <= 7 else { return .badHopByHopOption }
                offset += 1
                continue
            }
            guard offset + 2 <= end else { return .badHopByHopOption }
            let dataLength = Int(bytes.byte(at: networkOffset + offset + 1))
            let optionEnd = offset + 2 + dataLength
            guard optionEnd <= end else { return .badHopByHopOption }
            if type == 1 {
                padding += 2 + dataLength
                guard padding <= 7 else { return .badHopByHopOption }
                for byte in offset + 2..<optionEnd where bytes.byte(at: networkOffset + byte) != 0 {
                    return .badHopByHopOption
                }
            } else {
                padding = 0
                count += 1
                guard count <= maximumCount else { return .badHopByHopOption }
                switch type {
                case 0xc2:
                    guard dataLength == 4, offset & 3 == 2, payloadLength == 0 else { return .badJumboOption }
                    let jumbo = Int(bytes.uint32(at: networkOffset + offset + 2))
                    guard jumbo > 0xffff else { return .badJumboOption }
                    guard jumbo + 40 <= totalLength else { return .totalLengthTooLarge }
                    totalLength = jumbo + 40
                case 0x05: guard dataLength == 2 else { return .badHopByHopOption }  // router alert
                case 0x07:  // CALIPSO
                    guard dataLength >= 8,
                        Int(bytes.byte(at: networkOffset + offset + 6)) * 4 + 8 <= dataLength
                    else { return .badHopByHopOption }
                case 0x31: guard offset & 3 == 0 else { return .badHopByHopOption }  // IOAM
                // An unknown option: its two high bits say whether it may be skipped (RFC 8200, 4.2).
                default: guard type >> 6 == 0 else { return .badHopByHopOption }
                }
            }
            offset = optionEnd
        }
        return nil
    }
}
