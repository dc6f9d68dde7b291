import Packets

/// The elements that a written one stands for, in the order in which the kernel adds them (the `_uadt` functions of
/// `net/netfilter/ipset/`): ranges of addresses become single addresses or the fewest networks, ranges of ports single
/// ports.
struct ElementExpansion {
    let type: SetType
    let options: SetOptions
    let written: WrittenElement

    private var family: AddressFamily { options.family ?? .ipv4 }

    /// Calls `body` for each until it gives false.
    func visit(_ body: (SetEntry) -> Bool) {
        let components = type.components
        let isSecondNetwork = components.count > 1 && components.last == .network
        // Where there is a mask, a hash's steps begin at the masked address, and a bitmap's at the one as written.
        let mask = type == .hashIP || type == .hashIPPort ? options.addressMask : family.allOnes
        for first in AddressSteps(
            written.first, isNetwork: components[0] == .network, step: step, mask: mask, family)
        {
            for port in written.ports?.range ?? 0...0 {
                for second in AddressSteps(
                    written.second, isNetwork: isSecondNetwork, step: 1, mask: family.allOnes, family)
                {
                    if !body(entry(first, port, second)) { return }
                }
            }
        }
    }

    /// How far apart the addresses of a set with a netmask are.
    private var step: UInt128 {
        guard let netmask = options.netmask, type == .hashIP || type == .bitmapIP else { return 1 }
        return 1 << UInt128(family.bitWidth - Int(netmask))
    }

    private func entry(
        _ first: (address: UInt128, length: UInt8), _ port: UInt16,
        _ second: (address: UInt128, length: UInt8)
    ) -> SetEntry {
        var element = SetElement()
        // Behind the first address of a range, the kernel forgets the mask of a hash.
        let mask = type == .bitmapIP || type == .hashNetNet ? options.addressMask : family.allOnes
        element.address = first.address & mask
        element.length = first.length
        element.second = second.address & mask
        element.secondLength = second.length
        element.port = port
        if type != .bitmapPort, let ports = written.ports {
            element.transportProtocol = ports.transportProtocol
        }
        element.tag = written.tag
        element.isPhysical = written.isPhysical
        var entry = SetEntry(element: element)
        entry.interface = written.interface
        entry.mac = written.mac
        return entry
    }
}

/// The addresses or networks of a span, one after the other; one zero for none.
private struct AddressSteps: Sequence, IteratorProtocol {
    private var following: UInt128?
    private let last: UInt128
    private let isNetwork: Bool
    private let step: UInt128
    private let family: AddressFamily
    /// Of a network as it was written.
    private let length: UInt8?

    init(
        _ span: AddressSpan?, isNetwork: Bool, step: UInt128, mask: UInt128, _ family: AddressFamily
    ) {
        following = (span?.low ?? 0) & mask
        last = if case .address = span { following ?? 0 } else { span?.high ?? 0 }
        self.isNetwork = isNetwork && span != nil
        self.step = step
        self.family = family
        switch span {
        case .address: length = UInt8(family.bitWidth)
        case .network(_, let length, _): self.length = UInt8(length)
        case .range, nil: length = nil
        }
    }

    mutating func next() -> (address: UInt128, length: UInt8)? {
        guard let current = following else { return nil }
        guard isNetwork else {
            let (sum, overflow) = current.addingReportingOverflow(step)
            following = overflow || sum > last ? nil : sum
            return (current, 0)
        }
        let length = length ?? longestNetwork(at: current)
        let size: UInt128 = length == 0 ? 0 : 1 << UInt128(family.bitWidth - Int(length))
        let (sum, overflow) = current.addingReportingOverflow(size)
        following = size == 0 || overflow || sum > last ? nil : sum
        return (current, length)
    }

    /// The length of the largest network that begins at an address and ends at or before the last (`ip_set_range_to_cidr`).
    private func longestNetwork(at address: UInt128) -> UInt8 {
        var length = family.bitWidth
        while length > 0 {
            let mask = IPPrefix.mask(length - 1, family: family)
            guard address & mask == address, address | (family.allOnes & ~mask) <= last else { break }
            length -= 1
        }
        return UInt8(length)
    }
}
