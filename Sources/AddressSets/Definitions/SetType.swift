/// A type of set, named as `ipset create` names it (`man ipset`, "SET TYPES").
public enum SetType: String, Hashable, Sendable, CaseIterable {
    case bitmapIP = "bitmap:ip"
    case bitmapIPMAC = "bitmap:ip,mac"
    case bitmapPort = "bitmap:port"
    case hashIP = "hash:ip"
    case hashMAC = "hash:mac"
    case hashIPMAC = "hash:ip,mac"
    case hashNet = "hash:net"
    case hashNetNet = "hash:net,net"
    case hashIPPort = "hash:ip,port"
    case hashIPPortIP = "hash:ip,port,ip"
    case hashIPPortNet = "hash:ip,port,net"
    case hashIPMark = "hash:ip,mark"
    case hashNetPort = "hash:net,port"
    case hashNetPortNet = "hash:net,port,net"
    case hashNetInterface = "hash:net,iface"
    case listSet = "list:set"

    public enum Storage: Hashable, Sendable {
        /// A range of addresses or ports, each of which is in the set or not.
        case bitmap
        case hash
        /// Names of other sets, in order.
        case list
    }

    public var storage: Storage {
        switch self {
        case .bitmapIP, .bitmapIPMAC, .bitmapPort: .bitmap
        case .listSet: .list
        default: .hash
        }
    }

    /// The parts of an element, which commas separate.
    public var components: [SetComponent] {
        switch self {
        case .bitmapIP, .hashIP: [.address]
        case .bitmapIPMAC, .hashIPMAC: [.address, .mac]
        case .bitmapPort: [.port]
        case .hashMAC: [.mac]
        case .hashNet: [.network]
        case .hashNetNet: [.network, .network]
        case .hashIPPort: [.address, .protocolPort]
        case .hashIPPortIP: [.address, .protocolPort, .address]
        case .hashIPPortNet: [.address, .protocolPort, .network]
        case .hashIPMark: [.address, .mark]
        case .hashNetPort: [.network, .protocolPort]
        case .hashNetPortNet: [.network, .protocolPort, .network]
        case .hashNetInterface: [.network, .interface]
        case .listSet: [.set]
        }
    }

    /// How many directions (`src`, `dst`) a rule must name at least for a packet to be looked up; with fewer it is
    /// never in the set (`ip_set_test` in `net/netfilter/ipset/ip_set_core.c`).
    public var dimension: Int { components.count }

    public var hasNetworks: Bool { components.contains(.network) }

    /// Whether a set of this type belongs to one IP version.
    public var hasFamily: Bool {
        switch self {
        case .bitmapPort, .hashMAC, .listSet: false
        default: true
        }
    }

    /// Whether a network may have the length 0.
    var takesWholeSpace: Bool { self == .hashNetInterface || self == .hashNetPortNet }

    /// Whether two sets may be swapped: the kernel's feature bits, which say what the elements have (`IPSET_TYPE_IP` …).
    func canSwap(with other: SetType) -> Bool {
        features.parts == other.features.parts && features.hasNetworks == other.features.hasNetworks
    }

    private var features: (parts: [SetComponent: Int], hasNetworks: Bool) {
        let parts = components.map { $0 == .network ? .address : $0 == .protocolPort ? .port : $0 }
        return (Dictionary(parts.map { ($0, 1) }, uniquingKeysWith: +), hasNetworks)
    }

    /// A name of today, or one of ipset 4 (`iphash`).
    init?(name: String) {
        if let type = SetType(rawValue: name) {
            self = type
        } else if let alias = SetType.aliases.first(where: { $0.name == name }) {
            self = alias.type
        } else {
            return nil
        }
    }

    private static let aliases: [(name: String, type: SetType)] = [
        ("ipmap", .bitmapIP), ("macipmap", .bitmapIPMAC), ("portmap", .bitmapPort), ("iphash", .hashIP),
        ("machash", .hashMAC), ("ipmachash", .hashIPMAC), ("nethash", .hashNet), ("netnethash", .hashNetNet),
        ("ipporthash", .hashIPPort), ("ipportiphash", .hashIPPortIP), ("ipportnethash", .hashIPPortNet),
        ("ipmarkhash", .hashIPMark), ("netporthash", .hashNetPort), ("netportnethash", .hashNetPortNet),
        ("netifacehash", .hashNetInterface), ("setlist", .listSet),
    ]
}

/// One part of a set's elements.
public enum SetComponent: Hashable, Sendable {
    case address
    /// An address and a prefix length.
    case network
    /// A protocol and a port, or what else tells packets of the protocol apart: ICMP's type and code.
    case protocolPort
    /// A port of TCP and UDP alike.
    case port
    case mac
    case mark
    case interface
    case set
}
