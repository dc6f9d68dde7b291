import Packets

/// One packet for the firewall.
struct TrafficItem {
    /// What the packet is made from, if it is a fragment: every run of a case gives its fragments another identification, so
    /// that those that an earlier run left behind don't meet them.
    private var fragment: PacketBuilder?
    private var whole: [UInt8]
    /// Nil for the host's own.
    var interface: String?
    var source = MACAddress(bits: 0x0200_0000_00fe)
    /// Of a frame to everyone or to a group.
    var group: MACAddress?

    init(_ bytes: [UInt8], interface: String?) {
        whole = bytes
        self.interface = interface
    }

    init(fragment: PacketBuilder, interface: String?) {
        self.fragment = fragment
        whole = []
        self.interface = interface
    }

    var isFragment: Bool { fragment != nil }

    /// The IP packet.
    func bytes(run: UInt32) -> [UInt8] {
        guard var builder = fragment else { return whole }
        builder.identification &+= run &* 128
        return builder.bytes()
    }
}
