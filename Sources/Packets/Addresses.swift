/// IPv4 or IPv6. The raw value is the IP version number.
public enum AddressFamily: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case ipv4 = 4
    case ipv6 = 6

    /// The length of an address in bits: 32 or 128.
    @inlinable public var bitWidth: Int { self == .ipv4 ? 32 : 128 }

    /// All bits of an address of this family set.
    @inlinable public var allOnes: UInt128 { self == .ipv4 ? 0xffff_ffff : .max }
}

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
    public var family: AddressFamily
    /// The address as a number in host byte order; an IPv4 address fills the low 32 bits.
    public var bits: UInt128

    @inlinable public init(family: AddressFamily, bits: UInt128) {
        self.family = family
        self.bits = bits
    }

    @inlinable public static func v4(_ bits: UInt32) -> IPAddress {
        IPAddress(family: .ipv4, bits: UInt128(bits))
    }
    @inlinable public static func v6(_ bits: UInt128) -> IPAddress { IPAddress(family: .ipv6, bits: bits) }
}

/// An address block: the addresses whose bits under `length` leading ones equal `address`.
public struct IPPrefix: Hashable, Sendable {
    /// The first address of the block; bits behind `length` are zero.
    public let address: IPAddress
    public let length: Int

    /// - Precondition: `length` is in `0...32` for IPv4, `0...128` for IPv6.
    public init(_ address: IPAddress, length: Int) {
        precondition(length >= 0 && length <= address.family.bitWidth)
        self.length = length
        self.address = IPAddress(
            family: address.family, bits: address.bits & IPPrefix.mask(length, family: address.family))
    }

    /// `length` leading ones.
    public static func mask(_ length: Int, family: AddressFamily) -> UInt128 {
        length == 0 ? 0 : (family.allOnes << UInt128(family.bitWidth - length)) & family.allOnes
    }

    @inlinable public func contains(_ other: IPAddress) -> Bool {
        guard other.family == address.family else { return false }
        let shift = UInt128(address.family.bitWidth - length)
        return other.bits >> shift == address.bits >> shift
    }
}

/// A 48-bit IEEE 802 address.
public struct MACAddress: Hashable, Sendable, BitwiseCopyable {
    /// In the low 48 bits, the first byte on the wire being the most significant.
    public var bits: UInt64

    @inlinable public init(bits: UInt64) { self.bits = bits & 0xffff_ffff_ffff }

    public static let broadcast = MACAddress(bits: 0xffff_ffff_ffff)
    /// The I/G bit: broadcast is multicast too.
    @inlinable public var isMulticast: Bool { bits & 0x0100_0000_0000 != 0 }
}
