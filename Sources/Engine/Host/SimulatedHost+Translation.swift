internal import Packets

/// The host's own addresses that translation takes.
extension SimulatedHost {
    enum OwnAddress {
        case address(UInt128)
        /// There is none: the packet is dropped.
        case none
        /// Nobody said.
        case unknown
    }

    /// What MASQUERADE makes the source (`nf_nat_masquerade_ipv4`, `nf_nat_masquerade_ipv6`).
    func masqueradeAddress(for packet: Packet, _ metadata: PacketMetadata) -> OwnAddress {
        let out = metadata.outInterface
        guard let interface = named(out) else { return .unknown }
        let address: UInt128?
        let destination = packet.destinationAddress
        switch packet.family {
        case .ipv4:
            let isOwn = metadata.inInterface == .none
            let query = isOwn ? ownQuery(packet, mark: metadata.mark) : RouteQuery(packet, metadata)
            let route = ipv4.lookUp(query)
            // The packet may have left its first route through another interface since.
            let gateway = route.flatMap { $0.outInterface == out ? $0.gateway : nil }
            address = ipv4Address(of: interface, near: gateway ?? destination)
        case .ipv6: address = ipv6Address(for: destination.bits, on: out)
        }
        return own(address)
    }

    /// What REDIRECT makes the destination in PREROUTING (`nf_nat_redirect.c`): the first address of the interface.
    func redirectAddress(for destination: IPAddress, arrivedOn interface: InterfaceID) -> OwnAddress {
        guard let interface = named(interface) else { return .unknown }
        // A group of the link asks for an address of the link, too (`ipv6_addr_scope`).
        let isOnLink =
            destination.family == .ipv6
            && (IPv6Address.isLinkLocal(destination.bits) || destination.bits >> 112 & 0xff0f == 0xff02)
        let first = interface.addresses.first {
            $0.address.family == destination.family
                && (!isOnLink || IPv6Address.isLinkLocal($0.address.bits))
        }
        return own(first?.address.bits)
    }

    /// Without routes, nobody described the host, and what it lacks may be there all the same.
    private func own(_ address: UInt128?) -> OwnAddress {
        address.map { .address($0) } ?? (routes == nil ? .unknown : .none)
    }

    private func named(_ id: InterfaceID) -> HostInterface? { id == .none ? nil : interface(id) }
}
