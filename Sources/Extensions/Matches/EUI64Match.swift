import Packets
public import RuleModel

/// `-m eui64` of ip6tables (extensions/libip6t_eui64.c; net/ipv6/netfilter/ip6t_eui64.c): the source address ends in the
/// interface identifier that is made from the frame's source MAC (RFC 4291, appendix A).
public struct EUI64Match: Match {
    public static let schema = ExtensionSchema(
        "eui64", families: [.ipv6], hooks: [.prerouting, .input, .forward])

    public init?(_ reader: inout OptionReader) {}

    public var condition: Condition {
        .packet(
            PacketTest(summary: "source address made from the source MAC") { context, _ in
                guard context.metadata.hasMACs else { return .fails }
                let mac = context.metadata.sourceMAC.bits
                let identifier = (mac >> 24) << 40 | 0xff_fe00_0000 | mac & 0xff_ffff
                let source = UInt64(truncatingIfNeeded: context.packet.source)
                return TestAnswer(source == identifier ^ 0x0200_0000_0000_0000)
            })
    }

    public var savedWords: [String] { [] }
}
