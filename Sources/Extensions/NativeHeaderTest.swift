import Packets
import RuleModel

/// What iptables-nft tests with nf_tables' own expressions: bytes where an upper-layer header begins
/// (`nft_payload_fast_eval` in net/netfilter/nf_tables_core.c).
///
/// A fragment behind the first has data there, in IPv4; of one in IPv6, it is the IPv6 header that is read. Where the packet
/// ends before, the rule doesn't match.
enum NativeHeaderTest {
    /// A field of 16 bits, such as a port.
    static func port(_ test: PortTest, _ field: NumberField, at offset: Int) -> [Condition] {
        guard let numbers = test.numbers else { return [] }
        let isNegated = test.isNegated
        let name = field == .sourcePort ? "source port" : "destination port"
        let words = PacketTest(summary: "\(name) \(test.words), in the bytes of a fragment or cut header") {
            context, bytes in
            guard !context.packet.flags.contains(.hasPorts),
                let value = read(context.packet, bytes, at: offset, count: 2)
            else { return .fails }
            return TestAnswer(numbers.contains(value) != isNegated)
        }
        let whole: Condition =
            isNegated
            ? .all([.number(field, in: NumberSet(0...0xffff)), .not(.number(field, in: numbers))])
            : .number(field, in: numbers)
        return [.any([.packet(words), whole])]
    }

    /// TCP's flags.
    static func flags(mask: UInt8, value: UInt8, isNegated: Bool) -> Condition {
        let words = PacketTest(
            summary:
                "flags \(isNegated ? "not " : "")\(mask)/\(value), in the bytes of a fragment or cut header"
        ) { context, bytes in
            guard !context.packet.flags.contains(.hasTransportHeader),
                let found = read(context.packet, bytes, at: 13, count: 1)
            else { return .fails }
            return TestAnswer((UInt8(truncatingIfNeeded: found) & mask == value) != isNegated)
        }
        let test = Condition.bits(.tcpFlags, mask: UInt32(mask), value: UInt32(value))
        let whole: Condition = isNegated ? .all([.bits(.tcpFlags, mask: 0, value: 0), .not(test)]) : test
        return .any([.packet(words), whole])
    }

    /// Big-endian; nil if the packet ends before.
    private static func read(_ packet: Packet, _ bytes: RawSpan, at offset: Int, count: Int) -> UInt32? {
        let isHeaderless = packet.family == .ipv6 && packet.isLaterFragment
        let start = Int(isHeaderless ? packet.networkOffset : packet.transportOffset) + offset
        let end = Int(packet.networkOffset) + Int(packet.totalLength)
        guard start + count <= min(end, bytes.byteCount) else { return nil }
        var value: UInt32 = 0
        for index in 0..<count { value = value << 8 | UInt32(bytes.byte(at: start + index)) }
        return value
    }
}
