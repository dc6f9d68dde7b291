internal import Packets

extension InterfaceAddress {
    fileprivate var isPrimaryGlobalIPv4: Bool {
        address.family == .ipv4 && !isSecondary && isGlobal && address.bits >> 24 != 127
    }
}

/// Where the host's own answers go, and which source address they have.
extension SimulatedHost {
    /// The source of ICMP errors of a host without an address (`INADDR_DUMMY`, RFC 7600).
    private static let dummyAddress: UInt128 = 0xc000_0008

    /// Where an answer leaves; nil if there is no way.
    /// - Parameters:
    ///   - mark: its own.
    ///   - interface: where the packet came in that is answered; `none` for the host's own.
    func answerInterface(
        to destination: IPAddress, mark: UInt32, arrivedOn interface: InterfaceID
    ) -> InterfaceID? {
        if loopsBack(destination) { return loopback }
        let isOnLink = destination.family == .ipv6 && IPv6Address.isLinkLocal(destination.bits)
        // Without routes, back to where the packet came from is the best guess.
        if isOnLink || routes == nil { return interface }
        return switch routeOwn(answerQuery(to: destination.bits, mark: mark), destination.family) {
        case .deliver: loopback
        case .forward(let out): out
        case .drop: nil
        }
    }

    /// The source of an ICMP error about a packet.
    /// - Parameters:
    ///   - out: where it leaves.
    ///   - interface: where the packet came in.
    func answerSource(
        to packet: Packet, mark: UInt32, through out: InterfaceID, arrivedOn interface: InterfaceID
    ) -> UInt128 {
        let destination = IPAddress(family: packet.family, bits: packet.destination)
        let isOwn = isLocal(destination)
        if isOwn, packet.family == .ipv4 || !IPv6Address.isLinkLocal(destination.bits) {
            return destination.bits
        }
        let peer = IPAddress(family: packet.family, bits: packet.source)
        switch packet.family {
        case .ipv4:
            if settings.errorsUseInboundAddress, interface != .none {
                let own = ipv4Address(of: self.interface(interface), near: peer)
                return own ?? SimulatedHost.dummyAddress
            }
            if loopsBack(peer) { return peer.bits }
            return ipv4Source(to: peer.bits, mark: mark, through: out) ?? SimulatedHost.dummyAddress
        case .ipv6:
            if loopsBack(peer) { return peer.bits }
            if isOwn, addresses(.ipv6, on: interface).contains(destination.bits) { return destination.bits }
            return ipv6Source(to: peer.bits, mark: mark, on: interface)
        }
    }

    private func addresses(_ family: AddressFamily, on id: InterfaceID) -> [UInt128] {
        (interface(id)?.addresses ?? []).lazy.map(\.address).filter { $0.family == family }.map(\.bits)
    }

    /// The route's own choice, or the interface's address in the next hop's network, or its first
    /// (`fib_result_prefsrc`, `inet_select_addr`).
    func ipv4Source(to destination: UInt128, mark: UInt32, through out: InterfaceID) -> UInt128? {
        let route = ipv4.lookUp(answerQuery(to: destination, mark: mark))
        if let chosen = route?.preferredSource { return chosen.bits }
        return ipv4Address(of: interface(out), near: route?.gateway)
    }

    /// An address of the interface that the whole world may use, in the network of a neighbour if there is one
    /// (`inet_select_addr`); else one of any interface.
    func ipv4Address(of interface: HostInterface?, near neighbour: IPAddress?) -> UInt128? {
        let own = interface?.addresses.filter(\.isPrimaryGlobalIPv4) ?? []
        if let neighbour, let near = own.first(where: { $0.prefix.contains(neighbour) }) {
            return near.address.bits
        }
        if let first = own.first { return first.address.bits }
        return interfaces.lazy.flatMap(\.addresses).first(where: \.isPrimaryGlobalIPv4)?.address.bits
    }

    private func ipv6Source(to destination: UInt128, mark: UInt32, on id: InterfaceID) -> UInt128 {
        if let chosen = ipv6.lookUp(answerQuery(to: destination, mark: mark))?.preferredSource {
            return chosen.bits
        }
        return ipv6Address(for: destination, on: id) ?? 0
    }

    /// RFC 6724, as far as `ipv6_dev_get_saddr` asks for scope, interface and the longest common prefix.
    func ipv6Address(for destination: UInt128, on id: InterfaceID) -> UInt128? {
        let isOnLink = IPv6Address.isLinkLocal(destination)
        let isOwn = interfaces.contains { interface in
            (!isOnLink || interface.id == id)
                && interface.addresses.contains { $0.address == .v6(destination) }
        }
        if isOwn { return destination }
        var best: (rank: Int, address: UInt128)?
        for interface in interfaces where !interface.isLoopback && (!isOnLink || interface.id == id) {
            for own in interface.addresses where own.address.family == .ipv6 {
                let isRightScope = IPv6Address.isLinkLocal(own.address.bits) == isOnLink
                let common = (own.address.bits ^ destination).leadingZeroBitCount
                let rank = (isRightScope ? 1000 : 0) + (interface.id == id ? 500 : 0) + common
                if best.map({ rank > $0.rank }) ?? true { best = (rank, own.address.bits) }
            }
        }
        return best?.address
    }
}
