/// What a checksum changes by when words under it change (RFC 1624).
struct ChecksumChange {
    private var sum: UInt64 = 0
    private(set) var isNone = true

    mutating func replace(sum old: UInt64, by new: UInt64) {
        guard old != new else { return }
        isNone = false
        sum &+= UInt64(~InternetChecksum.fold(old)) &+ UInt64(InternetChecksum.fold(new))
    }

    mutating func replace(_ old: UInt16, _ new: UInt16) { replace(sum: UInt64(old), by: UInt64(new)) }

    mutating func replace(_ old: UInt128, _ new: UInt128) {
        guard old != new else { return }
        isNone = false
        sum &+= UInt64(~InternetChecksum.fold(ChecksumChange.words(old)))
        sum &+= UInt64(InternetChecksum.fold(ChecksumChange.words(new)))
    }

    private static func words(_ address: UInt128) -> UInt64 {
        InternetChecksum.halves(UInt64(truncatingIfNeeded: address >> 64))
            &+ InternetChecksum.halves(UInt64(truncatingIfNeeded: address))
    }

    func applied(to checksum: UInt16) -> UInt16 {
        isNone ? checksum : ~InternetChecksum.fold(UInt64(~checksum) &+ sum)
    }
}
