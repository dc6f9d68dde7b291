internal import Packets

extension SimulatedHost {
    /// The router that a neighbour had better sent an IPv4 packet to (`__mkroute_input` in net/ipv4/route.c); nil if it
    /// isn't told. The packet leaves where it came in, and its source is on that link too.
    func betterRouter(
        for packet: Packet, _ metadata: PacketMetadata, through out: InterfaceID
    ) -> UInt128? {
        let sysctls = sysctls(out)
        guard packet.family == .ipv4, out == metadata.inInterface, out != .none, sysctls.makesRedirects,
            sysctls.sendsRedirects, routes != nil
        else { return nil }
        let query = RouteQuery(packet, metadata)
        let mark = sysctls.filtersReversePathByMark ? metadata.mark : 0
        guard let back = ipv4.lookUp(query.reversed(mark: mark, arrivesOn: out)), back.type == .unicast,
            !back.hasGateway, ipv4.leads(back, through: out), let route = ipv4.lookUp(query)
        else { return nil }
        let router = route.gateway?.bits
        guard sysctls.sharesMedia || areOnLink(packet.source, router ?? 0, out) else { return nil }
        return router ?? packet.destination
    }

    /// `inet_addr_onlink`
    private func areOnLink(_ first: UInt128, _ second: UInt128, _ id: InterfaceID) -> Bool {
        (interface(id)?.addresses ?? []).contains {
            $0.address.family == .ipv4 && $0.prefix.contains(IPAddress(family: .ipv4, bits: first))
                && (second == 0 || $0.prefix.contains(IPAddress(family: .ipv4, bits: second)))
        }
    }
}
