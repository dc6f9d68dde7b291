public import Packets

/// Guesses, from the beginning of a capture, whose host it was made on, for users who don't say it.
///
/// Feed it frames, then ask once. Memory is bounded whatever it is fed.
public struct HostInference: Sendable {
    /// What one station of the captured network was seen doing.
    private struct Station {
        var frames = 0
        /// IP addresses that it sent from; at most `addressLimit`.
        var sources: Set<IPAddress> = []
    }

    private static let stationLimit = 4096
    private static let addressLimit = 64
    /// A host with more addresses of a family than this is taken for a router: they are others'.
    private static let ownAddressLimit = 4

    private var stations: [MACAddress: Station] = [:]
    private var unicastFrames = 0
    private var endpoints: [IPAddress: Int] = [:]
    private var packets = 0
    private var loopbackPackets = 0
    private var firstDestination: IPAddress?
    private var sentFrom: Set<IPAddress> = []
    private var deliveredTo: Set<IPAddress> = []
    private var directed = 0

    public init() {}

    public mutating func observe(
        _ link: LinkHeader, _ packet: Packet, _ direction: FrameDirection
    ) {
        let source = IPAddress(family: packet.family, bits: packet.source)
        let destination = IPAddress(family: packet.family, bits: packet.destination)
        packets += 1
        if source.isLoopback || destination.isLoopback { loopbackPackets += 1 }
        guard !destination.isMulticastOrBroadcast, link.packetType != .broadcast,
            link.packetType != .multicast
        else { return }
        if firstDestination == nil { firstDestination = destination }
        note(source)
        note(destination)
        switch direction {
        case .outbound:
            directed += 1
            if sentFrom.count < HostInference.addressLimit { sentFrom.insert(source) }
        case .inbound:
            directed += 1
            if deliveredTo.count < HostInference.addressLimit { deliveredTo.insert(destination) }
        case .unknown: break
        }
        guard link.hasMACs, link.sourceMAC.bits != 0 else { return }
        unicastFrames += 1
        note(link.sourceMAC, source)
        if link.destinationMAC != link.sourceMAC { note(link.destinationMAC, nil) }
    }

    private mutating func note(_ address: IPAddress) {
        guard endpoints[address] != nil || endpoints.count < HostInference.stationLimit else { return }
        endpoints[address, default: 0] += 1
    }

    private mutating func note(_ mac: MACAddress, _ source: IPAddress?) {
        guard stations[mac] != nil || stations.count < HostInference.stationLimit else { return }
        stations[mac, default: Station()].frames += 1
        if let source, stations[mac]!.sources.count < HostInference.addressLimit {
            stations[mac]!.sources.insert(source)
        }
    }

    /// What the capture seems to be.
    public struct Conclusion: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            /// The captured host is an end of the traffic: packets to these addresses are for it, packets from
            /// them are its own.
            case endpoint(addresses: [IPAddress], mac: MACAddress?)
            /// The captured host passes traffic on: every packet is forwarded.
            case router(mac: MACAddress?)
            /// Nothing was captured that tells.
            case unknown
        }

        public enum Confidence: String, Sendable {
            case sure
            case likely
            case guess = "a guess"
        }

        public var kind: Kind
        public var confidence: Confidence
        /// Why, as the end of a sentence.
        public var reason: String
    }

    /// - Parameter forwards: whether the rules look like a router's (more rules in FORWARD than in INPUT and
    ///   OUTPUT together), which decides where the capture doesn't.
    public func conclude(rulesForward forwards: Bool) -> Conclusion {
        guard packets > 0 else {
            return Conclusion(kind: .unknown, confidence: .guess, reason: "it holds no IP packets")
        }
        if loopbackPackets * 2 > packets {
            return Conclusion(
                kind: .endpoint(addresses: sorted(endpoints.keys), mac: nil), confidence: .sure,
                reason: "its packets have loopback addresses")
        }
        if directed > 0, let conclusion = fromDirections() { return conclusion }
        if unicastFrames > 0 { return fromStations(forwards) }
        return fromAddresses(forwards)
    }

    /// Linux cooked captures and pcapng flags say which frames the host sent.
    private func fromDirections() -> Conclusion? {
        let both = sentFrom.intersection(deliveredTo)
        let own = both.isEmpty ? (deliveredTo.isEmpty ? sentFrom : []) : both
        guard !own.isEmpty, isEndpoint(own) else { return nil }
        let reason = "the capture marks the packets from these addresses as sent, those to them as received"
        return Conclusion(
            kind: .endpoint(addresses: sorted(own), mac: nil), confidence: .sure, reason: reason)
    }

    private func fromStations(_ forwards: Bool) -> Conclusion {
        let everywhere = stations.filter { $0.value.frames * 20 >= unicastFrames * 19 }
            .sorted { $0.key.bits < $1.key.bits }
        if everywhere.count == 1, let (mac, station) = everywhere.first {
            let reason = "\(mac) is an end of every unicast frame"
            if isEndpoint(station.sources), !station.sources.isEmpty {
                return Conclusion(
                    kind: .endpoint(addresses: sorted(station.sources), mac: mac), confidence: .sure,
                    reason: reason + ", and sends from these addresses alone")
            }
            return Conclusion(
                kind: .router(mac: mac), confidence: .likely,
                reason: reason + ", and sends from \(station.sources.count) addresses")
        }
        if everywhere.count == 2 {
            let ends = everywhere.filter { isEndpoint($0.value.sources) && !$0.value.sources.isEmpty }
            if forwards {
                let router = everywhere.first { !isEndpoint($0.value.sources) }
                return Conclusion(
                    kind: .router(mac: router?.key), confidence: .guess,
                    reason: "two stations talk, and most rules are in FORWARD")
            }
            // A gateway sends from the addresses of many hosts behind it.
            let fewest = ends.min { ownCount($0.value) < ownCount($1.value) }
            if let (mac, station) = fewest, ends.allSatisfy({ $0.key == mac || ownCount($0.value) > ownCount(station) }) {
                return Conclusion(
                    kind: .endpoint(addresses: sorted(station.sources), mac: mac), confidence: .likely,
                    reason: "of the two stations that talk, \(mac) sends from the fewest addresses")
            }
            let server = ends.first { end in firstDestination.map { end.value.sources.contains($0) } ?? false }
            if let (mac, station) = server ?? ends.first {
                return Conclusion(
                    kind: .endpoint(addresses: sorted(station.sources), mac: mac), confidence: .guess,
                    reason: "two hosts talk, and the first packet goes to this one")
            }
        }
        return Conclusion(
            kind: .router(mac: nil), confidence: .guess, reason: "no station is an end of every unicast frame"
        )
    }

    private func fromAddresses(_ forwards: Bool) -> Conclusion {
        let total = endpoints.values.reduce(0, +) / 2
        let everywhere = endpoints.filter { $0.value * 20 >= total * 19 }.keys
        if forwards || everywhere.isEmpty {
            return Conclusion(
                kind: .router(mac: nil), confidence: .guess,
                reason: forwards ? "most rules are in FORWARD" : "no address is an end of every packet")
        }
        if everywhere.count == 1 {
            return Conclusion(
                kind: .endpoint(addresses: sorted(everywhere), mac: nil), confidence: .likely,
                reason: "this address is an end of every packet")
        }
        let own = firstDestination.flatMap { everywhere.contains($0) ? $0 : nil } ?? sorted(everywhere)[0]
        return Conclusion(
            kind: .endpoint(addresses: [own], mac: nil), confidence: .guess,
            reason: "two addresses talk, and the first packet goes to this one")
    }

    private func isEndpoint(_ addresses: Set<IPAddress>) -> Bool {
        AddressFamily.allCases.allSatisfy { family in
            addresses.count { $0.family == family } <= HostInference.ownAddressLimit
        }
    }

    /// How many addresses of one family a station sends from, at most; a link-local one is everybody's.
    private func ownCount(_ station: Station) -> Int {
        let counts = AddressFamily.allCases.map { family in
            station.sources.count { $0.family == family && !$0.isLinkLocalIPv6 }
        }
        return counts.max() ?? 0
    }

    private func sorted(_ addresses: some Sequence<IPAddress>) -> [IPAddress] {
        addresses.sorted { ($0.family.rawValue, $0.bits) < ($1.family.rawValue, $1.bits) }
    }
}

extension IPAddress {
    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool { family == .ipv4 ? bits >> 24 == 127 : bits == 1 }

    /// 224.0.0.0/4, 255.255.255.255 or ff00::/8.
    var isMulticastOrBroadcast: Bool {
        family == .ipv4 ? bits >> 28 == 14 || bits == 0xffff_ffff : bits >> 120 == 0xff
    }
}
