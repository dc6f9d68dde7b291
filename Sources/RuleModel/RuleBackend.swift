internal import Packets

/// Which of the two programs called iptables loads the rules. They differ in what some of them mean.
public enum RuleBackend: String, Sendable, CaseIterable {
    /// `iptables-legacy`: x_tables.
    case legacy
    /// `iptables-nft`: nf_tables, with expressions of its own in place of some matches (`iptables/nft.c` of 1.8.9).
    case nft
}

extension RuleHeader {
    /// The test of `-p`. Where the back ends part, in IPv6, nf_tables stops at an authentication header, and takes a chain of
    /// headers that it can't follow for no protocol (`nft_set_pktinfo_ipv6`); x_tables drops it (`ip6_packet_match`).
    func protocolConditions(_ family: AddressFamily, _ backend: RuleBackend) -> [Condition] {
        guard let field = transportProtocol else { return [] }
        let number = UInt32(field.value.rawValue)
        let test = Condition.number(.transportProtocol, in: NumberSet(number))
        let plain = field.isNegated ? Condition.not(test) : test
        guard family == .ipv6 else { return [plain] }
        guard backend == .nft else { return [.header(.protocolChain), plain] }
        let wanted = field.value
        let isNegated = field.isNegated
        let native = Condition.packet(
            PacketTest(summary: "protocol \(isNegated ? "other than " : "")\(wanted), up to an AH") {
                context, bytes in
                guard let found = context.packet.nftProtocol(bytes) else { return .fails }
                return TestAnswer((found == wanted) != isNegated)
            })
        return isNegated || wanted == .ah ? [native] : [plain, native]
    }
}

extension Packet {
    /// `meta l4proto` of an IPv6 packet: where `ipv6_find_hdr` ends that stops at AH. Nil if it can't follow the headers.
    fileprivate func nftProtocol(_ bytes: RawSpan) -> IPProtocol? {
        let base = Int(networkOffset)
        let end = Int(transportOffset)
        guard base + 40 <= bytes.byteCount else { return nil }
        var next = IPProtocol(rawValue: bytes.byte(at: base + 6))
        var offset = base + 40
        // Every header is at least 8 bytes long, which bounds the walk.
        while offset + 2 <= min(end, bytes.byteCount) {
            if next == .ah { return .ah }
            let isFragment = next.rawValue == 44
            next = IPProtocol(rawValue: bytes.byte(at: offset))
            offset += isFragment ? 8 : (Int(bytes.byte(at: offset + 1)) + 1) * 8
        }
        return flags.contains(.brokenHeaderChain) ? nil : transportProtocol
    }
}
