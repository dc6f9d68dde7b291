internal import Packets
internal import RuleModel

extension PacketSpace {
    /// What routing says of an address is open, but the same wherever it is asked of the same address and interface.
    func addressType(_ field: AddressField, _ types: AddressTypes, _ scope: AddressTypeScope) -> Diagram {
        family == .ipv4 ? ipv4Type(field, types, scope) : ipv6Type(field, types, scope)
    }

    /// An address has one type (`__inet_dev_addr_type` of net/ipv4/fib_frontend.c); a few don't depend on routes.
    private func ipv4Type(_ field: AddressField, _ types: AddressTypes, _ scope: AddressTypeScope) -> Diagram {
        let answer = levels(of: .addressType(field, scope), width: 4)
        // The numbers that no type has stand for unicast, too.
        let numbers = (0..<16 as Range<UInt32>).filter { number in
            let type = AddressTypes(rawValue: 1 << UInt16(number))
            return types.contains(number < 12 ? type : .unicast)
        }
        let open = store.or(numbers.map { store.number(answer, in: UInt128($0)...UInt128($0)) })
        let address = layout[.address(field)]
        let isBroadcast = store.or(
            store.number(address, in: 0...0), store.number(address, in: 0xffff_ffff...0xffff_ffff))
        let isMulticast = store.number(address, mask: 0xf000_0000, value: 0xe000_0000)
        let routed = store.choose(isMulticast, types.contains(.multicast) ? .always : .never, open)
        return store.choose(isBroadcast, types.contains(.broadcast) ? .always : .never, routed)
    }

    /// An address may be several of these at once (`match_lookup_rt6` of net/netfilter/xt_addrtype.c).
    private func ipv6Type(_ field: AddressField, _ types: AddressTypes, _ scope: AddressTypeScope) -> Diagram {
        let answer = levels(of: .addressType(field, scope), width: 3)
        let routed: [(AddressTypes, UInt32)] = [(.local, 0), (.anycast, 1), (.unreachable, 2)]
        return store.or(
            routed.filter { types.contains($0.0) }.map { store.variable(answer.lowerBound + $0.1) })
    }
}
