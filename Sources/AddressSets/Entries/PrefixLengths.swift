/// How many networks of each prefix length a set holds, so that a lookup tries only those lengths, the longest
/// first (`struct net_prefixes` in `net/netfilter/ipset/ip_set_hash_gen.h`).
struct PrefixLengths: Sendable {
    private var counts = [UInt32](repeating: 0, count: 129)
    /// Those that there are, the longest first.
    private(set) var lengths: [UInt8] = []

    /// Those of the most specific networks, which a packet's own entry takes over.
    var longest: UInt8? { lengths.first }

    mutating func insert(_ length: UInt8) {
        counts[Int(length)] += 1
        guard counts[Int(length)] == 1 else { return }
        lengths.insert(length, at: lengths.firstIndex { $0 < length } ?? lengths.count)
    }

    mutating func remove(_ length: UInt8) {
        counts[Int(length)] -= 1
        if counts[Int(length)] == 0 { lengths.removeAll { $0 == length } }
    }
}
