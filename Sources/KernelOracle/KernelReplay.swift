import CLinux
import Glibc
public import Packets
import RuleModel

/// Sends packets one by one through the kernel's own netfilter.
///
/// The process keeps to one processor. A frame that goes to an interface waits in that processor's queue, first in, first
/// out: when a sentinel that was sent behind a packet has come out, the kernel has finished with the packet.
public final class KernelReplay {
    private let laboratory: KernelLaboratory
    private let backend: RuleBackend
    private let log: LiveDevice
    private let sentinelIn: LiveDevice
    private let sentinelOut: LiveDevice
    private var wires: [String: LiveDevice] = [:]
    private var macs: [String: MACAddress] = [:]
    private var ownSockets: [AddressFamily: Int32] = [:]
    /// A group stays joined as long as its socket is open.
    private var groupSocket: Int32 = -1
    private var processors: [UInt64]

    /// - Parameter tracks: whether the rules switch connection tracking on, so that asking for the state changes nothing.
    public init(
        _ host: KernelHost, _ rules: KernelRules, tracksIPv4: Bool, tracksIPv6: Bool
    ) throws(KernelFailure) {
        backend = rules.backend
        laboratory = try KernelLaboratory(host, rules, tracks: (tracksIPv4, tracksIPv6))
        processors = KernelReplay.processors()
        let names = host.interfaces.map(\.name).filter { $0 != "lo" }
        let laboratory = laboratory
        do {
            log = try laboratory.firewall.enter { () throws(KernelFailure) in
                try LiveDevice("nflog:\(ProbeRules.group)")
            }
            (sentinelIn, sentinelOut) = try laboratory.barrier.enter { () throws(KernelFailure) in
                (try LiveDevice("b0"), try LiveDevice("b1", readsOnlyIncoming: true))
            }
        } catch {
            laboratory.remove()
            throw error
        }
        do {
            wires = try laboratory.wire.enter { () throws(KernelFailure) in
                var wires: [String: LiveDevice] = [:]
                for name in names { wires[name] = try LiveDevice(name, readsOnlyIncoming: true) }
                return wires
            }
            ownSockets = try laboratory.firewall.enter { () throws(KernelFailure) in
                [.ipv4: try KernelReplay.rawSocket(AF_INET), .ipv6: try KernelReplay.rawSocket(AF_INET6)]
            }
            groupSocket = try laboratory.firewall.enter { () throws(KernelFailure) in
                try KernelReplay.joinNeighbourGroups(of: host)
            }
            for name in names { macs[name] = try mac(of: name) }
            KernelReplay.keep(to: [processors.firstProcessor])
            // What the interfaces themselves send when they come up.
            for _ in 0..<3 { try settle(rounds: 2) }
            _ = drain()
        } catch {
            end()
            throw error
        }
    }

    /// Takes everything away again.
    public func end() {
        for (_, descriptor) in ownSockets { _ = close(descriptor) }
        ownSockets = [:]
        if groupSocket >= 0 { _ = close(groupSocket) }
        groupSocket = -1
        KernelReplay.keep(to: processors)
        wires = [:]
        laboratory.remove()
    }

    /// Puts other rules in place, and forgets connections. The namespaces stay, which is much quicker than new ones.
    /// - Parameter oldSets: the sets that only the rules before named, to be destroyed in this order.
    /// - Precondition: the rules have the tables of those before, so that none of them stays.
    public func replaceRules(
        _ rules: KernelRules, droppingSets oldSets: [String] = []
    ) throws(KernelFailure) {
        try laboratory.load(rules)
        try laboratory.destroy(sets: oldSets)
        try laboratory.forgetConnections()
        _ = drain()
    }

    /// What `iptables-save -c` prints.
    public func savedRules(_ family: AddressFamily) throws(KernelFailure) -> String {
        try laboratory.savedRules(family, backend)
    }

    /// What `conntrack -L -o extended` prints.
    public func connections(_ family: AddressFamily) throws(KernelFailure) -> String {
        try laboratory.connections(family)
    }

    // MARK: One packet

    /// A packet from the network.
    /// - Parameters:
    ///   - packet: the IP packet.
    ///   - destination: a group address of the frame, or nil for the interface's own.
    public func arrive(
        _ packet: [UInt8], family: AddressFamily, on interface: String, from source: MACAddress?,
        group destination: MACAddress? = nil
    ) throws(KernelFailure) -> KernelObservation {
        guard let wire = wires[interface], let own = macs[interface] else {
            throw KernelFailure("the host has no interface \(interface)")
        }
        var frame = (destination ?? own).octets
        frame += (source ?? MACAddress(bits: 0x0200_0000_00fe)).octets
        frame += family == .ipv4 ? [0x08, 0x00] : [0x86, 0xdd]
        frame += packet
        try wire.inject(frame)
        try settle(rounds: 3)
        return observation()
    }

    /// A packet of the host's own.
    public func send(_ packet: [UInt8], family: AddressFamily) throws(KernelFailure) -> KernelObservation {
        guard let descriptor = ownSockets[family] else { throw KernelFailure("no socket to send from") }
        KernelReplay.send(packet, family, descriptor)
        try settle(rounds: 6)
        return observation()
    }

    private func settle(rounds: Int) throws(KernelFailure) {
        let sentinel: [UInt8] =
            [UInt8](repeating: 0xff, count: 6) + [2, 0, 0, 0, 0, 1, 0x88, 0xb5]
            + [UInt8](repeating: 0, count: 46)
        for _ in 0..<rounds {
            try sentinelIn.inject(sentinel)
            guard sentinelOut.wait(seconds: 10) != nil else {
                throw KernelFailure("the kernel doesn't answer: a sentinel was lost")
            }
        }
    }

    private func drain() -> (events: [ProbeEvent], frames: [KernelObservation.Emission]) {
        var events: [ProbeEvent] = []
        while let message = log.next() {
            if let event = ProbeEvent(message) { events.append(event) }
        }
        var frames: [KernelObservation.Emission] = []
        for (name, wire) in wires.sorted(by: { $0.key < $1.key }) {
            while let frame = wire.next() {
                guard frame.count > 14, frame[12...13] == [0x08, 0x00] || frame[12...13] == [0x86, 0xdd]
                else { continue }
                frames.append(KernelObservation.Emission(interface: name, bytes: Array(frame[14...])))
            }
        }
        return (events, frames)
    }

    private func observation() -> KernelObservation {
        let (events, frames) = drain()
        return ObservationReader.read(events, frames)
    }

    // MARK: Sockets and processors

    private func mac(of name: String) throws(KernelFailure) -> MACAddress {
        let text = try laboratory.firewall.run(["cat", "/sys/class/net/\(name)/address"])
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        guard let mac = MACAddress(line) else { throw KernelFailure("\(name) has no MAC address") }
        return mac
    }

    /// IPPROTO_RAW: the header is ours (`raw(7)`).
    private static func rawSocket(_ family: Int32) throws(KernelFailure) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
        guard descriptor >= 0 else { throw KernelFailure("can't open a raw socket") }
        var mark = ProbeRules.ownMark
        setsockopt(descriptor, SOL_SOCKET, SO_MARK, &mark, socklen_t(MemoryLayout<UInt32>.size))
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &yes, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// The groups that neighbours ask for each IPv6 address in (RFC 4291 2.7.1). An interface without ARP doesn't join them
    /// by itself (`addrconf_join_solict`).
    private static func joinNeighbourGroups(of host: KernelHost) throws(KernelFailure) -> Int32 {
        let descriptor = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw KernelFailure("can't open a socket") }
        for interface in host.interfaces where interface.name != "lo" {
            for text in interface.addresses {
                guard let address = IPAddress(String(text.prefix { $0 != "/" })), address.family == .ipv6
                else { continue }
                let group = (0xff02 << 112 | 0x1_ff00_0000 as UInt128) | (address.bits & 0xff_ffff)
                var request = ipv6_mreq()
                request.ipv6mr_interface = if_nametoindex(interface.name)
                withUnsafeMutableBytes(of: &request.ipv6mr_multiaddr) { bytes in
                    for index in 0..<16 {
                        bytes[index] = UInt8(truncatingIfNeeded: group >> UInt128(120 - 8 * index))
                    }
                }
                setsockopt(
                    descriptor, Int32(IPPROTO_IPV6), IPV6_JOIN_GROUP, &request,
                    socklen_t(MemoryLayout<ipv6_mreq>.size))
            }
        }
        return descriptor
    }

    /// An error means that the kernel refused the packet; what it did shows in the events.
    private static func send(_ packet: [UInt8], _ family: AddressFamily, _ descriptor: Int32) {
        switch family {
        case .ipv4:
            guard packet.count >= 20 else { return }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: packet[16..<20]) }
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(descriptor, packet, packet.count, 0, $0, size)
                }
            }
        case .ipv6:
            guard packet.count >= 40 else { return }
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: packet[24..<40]) }
            let size = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(descriptor, packet, packet.count, 0, $0, size)
                }
            }
        }
    }

    /// The processors that we may run on, a bit each.
    private static func processors() -> [UInt64] {
        var mask = [UInt64](repeating: 0, count: 16)
        _ = sched_getaffinity(0, mask.count * 8, &mask)
        return mask
    }

    private static func keep(to mask: [UInt64]) { _ = sched_setaffinity(0, mask.count * 8, mask) }
}

extension [UInt64] {
    /// The lowest bit that is set.
    fileprivate var firstProcessor: UInt64 { first.map { $0 & (~$0 &+ 1) } ?? 1 }
}

extension MACAddress {
    fileprivate var octets: [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: bits >> UInt64(40 - 8 * $0)) }
    }
}
