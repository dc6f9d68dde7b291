import Packets

/// A range of addresses as prefixes, if they are few; else as its two ends.
struct AddressBlocks {
    let texts: [String]

    private static let mostPrefixes = 2

    init(range: ClosedRange<UInt128>, family: AddressFamily) {
        func text(_ bits: UInt128) -> String { IPAddress(family: family, bits: bits).description }
        var prefixes: [String] = []
        var first = range.lowerBound
        while prefixes.count <= AddressBlocks.mostPrefixes {
            // The largest block that begins here and isn't too long.
            var size = first == 0 ? family.bitWidth : min(first.trailingZeroBitCount, family.bitWidth)
            while size > 0, size == 128 ? first != 0 || range.upperBound != .max
                : range.upperBound - first < (UInt128(1) << UInt128(size)) - 1
            {
                size -= 1
            }
            prefixes.append(size == 0 ? text(first) : "\(text(first))/\(family.bitWidth - size)")
            let last = size == 128 ? UInt128.max : first + ((UInt128(1) << UInt128(size)) - 1)
            if last >= range.upperBound {
                texts = prefixes
                return
            }
            first = last + 1
        }
        texts = ["\(text(range.lowerBound))-\(text(range.upperBound))"]
    }
}
