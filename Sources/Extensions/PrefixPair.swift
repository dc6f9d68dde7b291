import Packets
import RuleModel

/// What `-j SNPT` and `-j DNPT` share (net/ipv6/netfilter/ip6t_NPT.c): two prefixes of at most 64 bits.
struct PrefixPair: Sendable {
    let source: IPPrefix
    let destination: IPPrefix

    static let options = [OptionSpec("--src-pfx", required: true), OptionSpec("--dst-pfx", required: true)]

    init?(_ reader: inout OptionReader) {
        guard let source = PrefixPair.prefix("--src-pfx", &reader),
            let destination = PrefixPair.prefix("--dst-pfx", &reader)
        else { return nil }
        self.source = source
        self.destination = destination
    }

    private static func prefix(_ name: String, _ reader: inout OptionReader) -> IPPrefix? {
        guard let argument = reader.option(name)?.arguments[0],
            let (address, mask) = reader.addressAndMask(argument)
        else { return nil }
        guard let length = prefixLength(ofMask: mask, .ipv6), length <= 64, address & ~mask == 0 else {
            reader.error(
                "a prefix of at most 64 bits is needed, with zeros behind it, as in 2001:db8::/48",
                at: argument.range)
            return nil
        }
        return IPPrefix(IPAddress(family: .ipv6, bits: address), length: length)
    }

    /// `iptables-save` leaves `::/0` out.
    var savedWords: [String] {
        [("--src-pfx", source), ("--dst-pfx", destination)].filter {
            $0.1.length != 0 || $0.1.address.bits != 0
        }
        .flatMap { savedOption($0.0, "\($0.1.address)/\($0.1.length)") }
    }
}
