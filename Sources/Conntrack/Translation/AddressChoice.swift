internal import Packets

/// Which address of a range a connection gets (`find_best_ips_proto` in `nf_nat_core.c`): by a hash of its addresses, so
/// that a client has the same one in every connection to a server, even after a restart.
enum AddressChoice {
    /// - Parameter tuple: as it would be without the translation.
    static func address(
        of range: ClosedRange<UInt128>, _ manipulation: NATManipulation, for tuple: FlowTuple,
        isPersistent: Bool
    ) -> UInt128 {
        guard range.lowerBound != range.upperBound else { return range.lowerBound }
        let count = tuple.family == .ipv4 ? 1 : 4
        var destination = words(tuple.destination, count)
        var hash = JenkinsHash.hash(
            words(tuple.source, count), initial: isPersistent ? 0 : destination[count - 1])
        let low = words(range.lowerBound, count)
        let high = words(range.upperBound, count)
        var chosen = InlineArray<4, UInt32>(repeating: 0)
        // As long as the words are those of the upper bound, the next is limited, too.
        var isLimited = true
        for index in 0..<count {
            let first = isLimited ? low[index].byteSwapped : 0
            let distance = isLimited ? high[index].byteSwapped &- first &+ 1 : .max
            // `reciprocal_scale`
            let step = UInt32(truncatingIfNeeded: (UInt64(hash) * UInt64(distance)) >> 32)
            chosen[index] = (first &+ step).byteSwapped
            if chosen[index] != high[index] { isLimited = false }
            // The kernel writes the new address where it goes on to read the old one.
            if manipulation == .destination { destination[index] = chosen[index] }
            if !isPersistent { hash ^= destination[index] }
        }
        var address: UInt128 = 0
        for index in 0..<count { address = address << 32 | UInt128(chosen[index].byteSwapped) }
        return address
    }

    /// The words of an address as a little-endian machine loads them; zeros behind an IPv4 address.
    private static func words(_ address: UInt128, _ count: Int) -> InlineArray<4, UInt32> {
        var words = InlineArray<4, UInt32>(repeating: 0)
        for index in 0..<count {
            words[index] =
                UInt32(truncatingIfNeeded: address >> UInt128(32 * (count - 1 - index))).byteSwapped
        }
        return words
    }
}
