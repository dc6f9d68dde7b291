internal import Packets

/// What is well formed and still not let through.
enum DNSSuspicion {
    // MARK: Tunnels

    /// Whether a query carries data rather than a name. One query is looked at, as each may come from a port of its own:
    ///
    /// - type NULL, which nothing else uses (RFC 1035, 3.3.10: experimental);
    /// - a label of at least 16 octets with ones that no host name has (iodine's denser alphabets);
    /// - at least 80 octets before the last two labels, one label of at least 32, that are as mixed as encoded data:
    ///   at least 4 bits of entropy an octet and 6 digits. Names of content networks, of load balancers and of lookups
    ///   by hash stay below that.
    static func isTunnel(_ question: DNSMessage.Question) -> Bool {
        if question.type == 10 { return true }
        let labels = question.name.labels.dropLast(2)
        if labels.contains(where: { $0.count >= 16 && $0.contains { $0 < 0x21 || $0 > 0x7e } }) {
            return true
        }
        let data = Array(labels.joined())
        guard data.count >= 80, labels.contains(where: { $0.count >= 32 }) else { return false }
        return data.count(where: HTTPGrammar.isDigit) >= 6 && sixteenthsOfEntropy(data) >= 64
    }

    /// Shannon's entropy of the octets in sixteenths of a bit, without floating point's differences between machines:
    /// log2 is interpolated between powers of two.
    static func sixteenthsOfEntropy(_ data: [UInt8]) -> Int {
        guard !data.isEmpty else { return 0 }
        var counts = [Int](repeating: 0, count: 256)
        for byte in data { counts[Int(byte)] += 1 }
        let whole = log2(data.count)
        let sum = counts.reduce(0) { $0 + ($1 == 0 ? 0 : $1 * (whole - log2($1))) }
        return sum / data.count / 16
    }

    /// In 256ths; at most 0.09 too little.
    private static func log2(_ value: Int) -> Int {
        let power = Int.bitWidth - 1 - value.leadingZeroBitCount
        return power * 256 + (value - (1 << power)) * 256 / (1 << power)
    }

    // MARK: Rebinding

    /// Whether a name that anyone can register is said to live where only insiders are.
    static func isRebinding(_ name: DNSName, _ address: IPAddress) -> Bool {
        isPublic(name) && isPrivate(address)
    }

    /// Of several labels, and not under what is set aside for private use (RFC 6761, 6762, 8375, 9476 and habit).
    static func isPublic(_ name: DNSName) -> Bool {
        guard name.labels.count > 1, let top = name.labels.last else { return false }
        if privateTops.contains(String(decoding: top, as: UTF8.self)) { return false }
        return !name.text.hasSuffix("home.arpa")
    }

    private static let privateTops: Set<String> = [
        "local", "localhost", "internal", "intranet", "private", "corp", "home", "lan", "test", "invalid",
        "alt",
    ]

    static func isPrivate(_ address: IPAddress) -> Bool {
        switch address.family {
        case .ipv4: return privateV4.contains { $0.contains(address) }
        case .ipv6:
            if privateV6.contains(where: { $0.contains(address) }) { return true }
            // Mapped (RFC 4291, 2.5.5.2) and translated (RFC 6052) addresses hold one of IPv4.
            let embeds = mapped.contains(address) || translated.contains(address)
            return embeds && isPrivate(.v4(UInt32(truncatingIfNeeded: address.bits)))
        }
    }

    private static func v4(_ bits: UInt32, _ length: Int) -> IPPrefix { IPPrefix(.v4(bits), length: length) }
    private static func v6(_ top: UInt16, _ length: Int) -> IPPrefix {
        IPPrefix(.v6(UInt128(top) << 112), length: length)
    }

    /// This host, private use, shared space, loopback, link-local (RFC 6890).
    private static let privateV4 = [
        v4(0x0000_0000, 8), v4(0x0a00_0000, 8), v4(0x6440_0000, 10), v4(0x7f00_0000, 8), v4(0xa9fe_0000, 16),
        v4(0xac10_0000, 12), v4(0xc0a8_0000, 16),
    ]
    /// Unspecified and loopback, unique local, link-local.
    private static let privateV6 = [IPPrefix(.v6(0), length: 127), v6(0xfc00, 7), v6(0xfe80, 10)]
    private static let mapped = IPPrefix(.v6(0xffff_0000_0000), length: 96)
    private static let translated = IPPrefix(.v6(0x0064_ff9b << 96), length: 96)
}
