public import Packets

/// Guesses, from the beginning of captures, whose host they were made on, for users who don't say it.
///
/// A station that sends packets whose TTL is below what senders begin with passes on those of others: it is a router.
/// Feed it frames, then ask once. Memory is bounded whatever it is fed.
public struct HostInference: Sendable {
    private static let stationLimit = 4096
    private static let addressLimit = 64
    /// Frames of further segments tell nothing of stations.
    private static let segmentLimit = 64

    /// By segment: one capture, or one interface of a capture.
    private var links: [Int: ObservedLink] = [:]
    private var stationCount = 0
    private var endpoints: [IPAddress: Int] = [:]
    private var packets = 0
    private var loopbackPackets = 0
    private var firstDestination: IPAddress?
    private var directions = ObservedDirections()

    public init() {}

    /// - Parameters:
    ///   - direction: what the capture says of it.
    ///   - segment: a number for what the frame was captured on; frames of one interface share it.
    public mutating func observe(
        _ link: LinkHeader, _ packet: Packet, _ direction: FrameDirection, segment: Int = 0
    ) {
        let source = IPAddress(family: packet.family, bits: packet.source)
        let destination = IPAddress(family: packet.family, bits: packet.destination)
        packets += 1
        if source.isLoopback || destination.isLoopback { loopbackPackets += 1 }
        guard destination.isUnicast, source.isUnicast, link.packetType != .broadcast,
            link.packetType != .multicast
        else { return }
        if firstDestination == nil { firstDestination = destination }
        note(source)
        note(destination)
        directions.note(source, destination, direction, limit: HostInference.addressLimit)
        guard link.hasMACs, link.sourceMAC.bits != 0,
            links[segment] != nil || links.count < HostInference.segmentLimit
        else { return }
        note(link, source, destination, packet, segment)
    }

    private mutating func note(_ address: IPAddress) {
        guard endpoints[address] != nil || endpoints.count < HostInference.stationLimit else { return }
        endpoints[address, default: 0] += 1
    }

    private mutating func note(
        _ link: LinkHeader, _ source: IPAddress, _ destination: IPAddress, _ packet: Packet, _ segment: Int
    ) {
        let limit = HostInference.addressLimit
        let isPassedOn = packet.hasPassedRouter
        let isReset = packet.transportProtocol == .tcp && packet.tcpFlags.contains(.rst)
        links[segment, default: ObservedLink()].unicastFrames += 1
        for mac in Set([link.sourceMAC, link.destinationMAC]) {
            var station = links[segment]!.stations[mac]
            if station == nil {
                guard stationCount < HostInference.stationLimit else { continue }
                stationCount += 1
                station = ObservedStation(mac: mac)
            }
            station!.frames += 1
            if mac == link.sourceMAC {
                station!.sent += 1
                if isPassedOn { station!.passedOn += 1 }
                if isPassedOn, station!.passedSources.count < limit { station!.passedSources.insert(source) }
                if !isPassedOn, isReset, station!.resetSources.count < limit {
                    station!.resetSources.insert(source)
                }
                if !isPassedOn, !isReset, station!.sources.count < limit { station!.sources.insert(source) }
            } else if station!.destinations.count < limit {
                station!.destinations.insert(destination)
            }
            links[segment]!.stations[mac] = station
        }
    }

    /// What captures seem to be.
    public struct Conclusion: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            /// The captured host is an end of the traffic: packets to these addresses are for it, packets from
            /// them are its own.
            case endpoint(addresses: [IPAddress], mac: MACAddress?)
            /// The captured host passes traffic on.
            /// - addresses: the host's own, as far as packets from them were seen.
            /// - macs: the host's own by segment, if captures of several of its links hold forwarded packets twice:
            ///   what these send is a copy. Empty if each packet was captured once.
            case router(addresses: [IPAddress], macs: [Int: MACAddress])
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
            return Conclusion(kind: .unknown, confidence: .guess, reason: "there are no IP packets in it")
        }
        if loopbackPackets * 2 > packets {
            return Conclusion(
                kind: .endpoint(addresses: endpoints.keys.inOrder, mac: nil), confidence: .sure,
                reason: "most packets have loopback addresses")
        }
        if let conclusion = directions.conclusion { return conclusion }
        if let conclusion = fromSeveralLinks() { return conclusion }
        if let link = mergedLink() {
            return link.conclusion(rulesForward: forwards, firstDestination: firstDestination)
        }
        return fromAddresses(forwards)
    }

    /// Captures of several links of one router: each has its MAC, and a forwarded packet is in two of them.
    private func fromSeveralLinks() -> Conclusion? {
        // What shares a station is one link, captured in pieces.
        var pieces: [(segments: [Int], link: ObservedLink)] = []
        for (segment, link) in links.sorted(by: { $0.key < $1.key }) {
            if let index = pieces.firstIndex(where: { $0.link.sharesStations(with: link) }) {
                pieces[index].segments.append(segment)
                pieces[index].link = pieces[index].link.merged(with: link)
            } else {
                pieces.append(([segment], link))
            }
        }
        var macs: [Int: MACAddress] = [:]
        var own: Set<IPAddress> = []
        var count = 0
        for (index, piece) in pieces.enumerated() {
            let beyond = pieces.indices.filter { $0 != index }
                .reduce(into: Set<IPAddress>()) { $0.formUnion(pieces[$1].link.sources) }
            guard let router = piece.link.router(to: beyond) else { continue }
            count += 1
            for segment in piece.segments { macs[segment] = router.mac }
            own.formUnion(router.ownAddresses.subtracting(beyond))
        }
        guard count > 1 else { return nil }
        return Conclusion(
            kind: .router(addresses: own.areOfOneHost ? own.inOrder : [], macs: macs), confidence: .sure,
            reason: "on each of \(count) links, one station passes on packets of others")
    }

    private func mergedLink() -> ObservedLink? {
        links.values.reduce(nil as ObservedLink?) { merged, link in merged?.merged(with: link) ?? link }
    }

    private func fromAddresses(_ forwards: Bool) -> Conclusion {
        let total = endpoints.values.reduce(0, +) / 2
        let everywhere = endpoints.filter { $0.value * 20 >= total * 19 }.keys
        if forwards || everywhere.isEmpty {
            return Conclusion(
                kind: .router(addresses: [], macs: [:]), confidence: .guess,
                reason: forwards ? "most rules are in FORWARD" : "no address is an end of every packet")
        }
        if everywhere.count == 1 {
            return Conclusion(
                kind: .endpoint(addresses: everywhere.inOrder, mac: nil), confidence: .likely,
                reason: "this address is an end of every packet")
        }
        let own = firstDestination.flatMap { everywhere.contains($0) ? $0 : nil } ?? everywhere.inOrder[0]
        return Conclusion(
            kind: .endpoint(addresses: [own], mac: nil), confidence: .guess,
            reason: "two addresses talk, and the first packet goes to this one")
    }
}

extension Packet {
    /// Whether its TTL is a little below what systems begin with (64, 128, 255): at most thirty routers passed it on.
    fileprivate var hasPassedRouter: Bool {
        switch hopLimit {
        case 34...63, 98...127, 225...254: true
        default: false
        }
    }
}

extension IPAddress {
    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool { family == .ipv4 ? bits >> 24 == 127 : bits == 1 }

    /// None of 0.0.0.0/8, 224.0.0.0/4, 255.255.255.255, :: or ff00::/8.
    var isUnicast: Bool {
        family == .ipv4
            ? bits >> 24 != 0 && bits >> 28 != 14 && bits != 0xffff_ffff : bits != 0 && bits >> 120 != 0xff
    }
}

extension Sequence<IPAddress> {
    /// IPv4 first, then by value.
    var inOrder: [IPAddress] { sorted { ($0.family.rawValue, $0.bits) < ($1.family.rawValue, $1.bits) } }

    /// Whether they are few enough to be one host's: a router sends from the addresses of many.
    var areOfOneHost: Bool {
        AddressFamily.allCases.allSatisfy { family in count { $0.family == family } <= 4 }
    }
}
