import Packets
import RuleModel

extension Condition {
    /// The packet has so many bytes of an upper-layer header. False for a later fragment; a packet that ends before is
    /// dropped at once, as by every match on a header (`skb_header_pointer` gives none).
    static func upperHeader(_ name: String, length: Int) -> Condition {
        .packet(
            PacketTest(summary: "\(length) bytes of \(name) header") { context, _ in
                if context.packet.fragmentOffset != 0 { return .fails }
                return context.packet.transportCaptured >= UInt32(length) ? .holds : .hotdrop
            })
    }

    /// A test of an IPv6 extension header that is there whole. False without the header; a packet that ends before the
    /// header does is dropped at once.
    /// - Parameters:
    ///   - target: the header's number.
    ///   - needed: how many of its first bytes the match reads.
    ///   - test: gets where the header begins and how long it says it is.
    static func extensionHeader(
        _ summary: String, _ target: UInt8, needed: Int,
        _ test:
            @escaping @Sendable (_ ip: IPBytes, _ offset: Int, _ length: Int, _ bytes: RawSpan) -> TestAnswer
    ) -> Condition {
        .packet(
            PacketTest(summary: summary) { context, bytes in
                let ip = IPBytes(context.packet, bytes)
                switch ip.find(target, bytes) {
                case .absent: return .fails
                case .broken: return .hotdrop
                case .found(let offset):
                    guard let lengthField = ip.byte(at: offset + 1, bytes),
                        ip.byte(at: offset + needed - 1, bytes) != nil
                    else { return .hotdrop }
                    let length =
                        target == ExtensionHeader.authentication
                        ? (Int(lengthField) + 2) * 4 : (Int(lengthField) + 1) * 8
                    guard ip.length - offset >= length else { return .hotdrop }
                    return test(ip, offset, length, bytes)
                }
            })
    }
}

extension TestAnswer {
    init(_ holds: Bool) { self = holds ? .holds : .fails }
}
