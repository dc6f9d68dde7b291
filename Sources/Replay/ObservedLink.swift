import Packets

/// What one station of a captured link was seen doing with unicast frames.
struct ObservedStation: Sendable {
    let mac: MACAddress
    /// That it sent or got.
    var frames = 0
    var sent = 0
    /// Of those that it sent, those that came from farther away.
    var passedOn = 0
    /// Of packets that began at it, as far as their TTL tells.
    var sources: Set<IPAddress> = []
    /// The same of resets, which a firewall sends with the address of others, too.
    var resetSources: Set<IPAddress> = []
    /// Of packets that it passed on.
    var passedSources: Set<IPAddress> = []
    /// Of frames that were sent to it.
    var destinations: Set<IPAddress> = []

    init(mac: MACAddress) { self.mac = mac }

    var isRouter: Bool { passedOn > 0 && passedOn * 2 >= sent }

    /// Of a router, only those that it never passed on.
    var ownAddresses: Set<IPAddress> {
        isRouter ? sources.subtracting(passedSources) : sources.union(passedSources).union(resetSources)
    }

    /// Of one family, at most; a link-local one is everybody's.
    var addressCount: Int {
        AddressFamily.allCases.map { family in
            ownAddresses.count { $0.family == family && !$0.isLinkLocalIPv6 }
        }.max() ?? 0
    }
}

/// The stations of one captured link.
struct ObservedLink: Sendable {
    typealias Conclusion = HostInference.Conclusion

    var stations: [MACAddress: ObservedStation] = [:]
    var unicastFrames = 0

    func merged(with other: ObservedLink) -> ObservedLink {
        var merged = self
        merged.unicastFrames += other.unicastFrames
        merged.stations.merge(other.stations) { one, two in
            var sum = one
            sum.frames += two.frames
            sum.sent += two.sent
            sum.passedOn += two.passedOn
            sum.sources.formUnion(two.sources)
            sum.resetSources.formUnion(two.resetSources)
            sum.passedSources.formUnion(two.passedSources)
            sum.destinations.formUnion(two.destinations)
            return sum
        }
        return merged
    }

    /// The ends of (nearly) every frame, by MAC: one of them was captured, unless a switch was.
    private var ends: [ObservedStation] {
        stations.values.filter { $0.frames * 20 >= unicastFrames * 19 }.sorted { $0.mac.bits < $1.mac.bits }
    }

    /// The one end that passes packets on. Where one end is silent, nothing tells which of them was captured.
    private var router: ObservedStation? {
        guard !ends.contains(where: { $0.sent == 0 }) else { return nil }
        let routers = ends.filter(\.isRouter)
        return routers.count == 1 ? routers[0] : nil
    }

    /// The same, for a router between this link and others, where a station of a packet's origin is known.
    /// - Parameter beyond: addresses whose packets begin on the other links.
    func router(to beyond: Set<IPAddress>) -> ObservedStation? {
        if let router { return router }
        guard !ends.contains(where: { $0.sent == 0 }) else { return nil }
        let counts = ends.filter(\.isRouter).map { ($0, $0.passedSources.intersection(beyond).count) }
        guard let best = counts.max(by: { $0.1 < $1.1 }), counts.count(where: { $0.1 == best.1 }) == 1 else {
            return nil
        }
        return best.0
    }

    func sharesStations(with other: ObservedLink) -> Bool {
        !Set(stations.keys).isDisjoint(with: other.stations.keys)
    }

    /// Of packets that began at a station of the link.
    var sources: Set<IPAddress> { stations.values.reduce(into: []) { $0.formUnion($1.sources) } }

    func conclusion(rulesForward forwards: Bool, firstDestination: IPAddress?) -> Conclusion {
        let ends = ends
        switch ends.count {
        case 1: return alone(ends[0])
        case 2 where forwards:
            return router(
                self.router, .guess,
                self.router.map { "\($0.mac) passes on packets of others, and most rules are in FORWARD" }
                    ?? "two stations talk, and most rules are in FORWARD")
        case 2 where ends[0].isRouter != ends[1].isRouter: return behind(ends[0].isRouter ? ends[1] : ends[0])
        case 2 where !ends[0].isRouter: return either(ends[0], ends[1], firstDestination)
        case 2: return router(nil, .guess, "both stations pass on packets of others")
        default: return router(nil, .guess, "no station is an end of every unicast frame")
        }
    }

    private func router(
        _ station: ObservedStation?, _ confidence: Conclusion.Confidence, _ reason: String
    ) -> Conclusion {
        let own = station?.ownAddresses ?? []
        return Conclusion(
            kind: .router(addresses: own.areOfOneHost ? own.inOrder : [], macs: [:]), confidence: confidence,
            reason: reason)
    }

    private func endpoint(
        _ station: ObservedStation, _ addresses: Set<IPAddress>, _ confidence: Conclusion.Confidence,
        _ reason: String
    ) -> Conclusion {
        Conclusion(
            kind: .endpoint(addresses: addresses.inOrder, mac: station.mac), confidence: confidence,
            reason: reason)
    }

    /// One station is an end of every frame.
    private func alone(_ station: ObservedStation) -> Conclusion {
        let reason = "\(station.mac) is an end of every unicast frame, and "
        if station.isRouter { return router(station, .likely, reason + "passes on packets of others") }
        if station.sent == 0 { return silent(station) }
        return station.ownAddresses.areOfOneHost
            ? endpoint(station, station.ownAddresses, .sure, reason + "sends from no other address")
            : router(nil, .likely, reason + "sends from many addresses")
    }

    /// The other end is a router: this one was captured, or the router's side of the link.
    private func behind(_ station: ObservedStation) -> Conclusion {
        if station.sent == 0 { return silent(station) }
        guard station.ownAddresses.areOfOneHost else {
            return router(nil, .likely, "two stations talk, with many addresses each")
        }
        return endpoint(
            station, station.ownAddresses, .likely,
            "\(station.mac) talks to a router, and passes on no packets of others")
    }

    /// Only packets to it were captured.
    private func silent(_ station: ObservedStation) -> Conclusion {
        let addresses = station.destinations
        return addresses.areOfOneAddress
            ? endpoint(
                station, addresses, .likely,
                "only packets to \(station.mac) were captured, for this address alone")
            : router(nil, .likely, "only packets to \(station.mac) were captured, for several addresses")
    }

    /// Two hosts talk.
    private func either(
        _ one: ObservedStation, _ two: ObservedStation, _ firstDestination: IPAddress?
    ) -> Conclusion {
        if let station = [one, two].first(where: { $0.sent == 0 }) { return silent(station) }
        let hosts = [one, two].filter { $0.ownAddresses.areOfOneHost }
        if hosts.count == 1 || (hosts.count == 2 && one.addressCount != two.addressCount) {
            let host = hosts.min { $0.addressCount < $1.addressCount }!
            return endpoint(
                host, host.ownAddresses, .guess,
                "of the two stations that talk, it sends from the fewest addresses")
        }
        guard !hosts.isEmpty else {
            return router(nil, .guess, "two stations talk, with many addresses each")
        }
        let server = hosts.first { host in firstDestination.map { host.ownAddresses.contains($0) } ?? false }
        return endpoint(
            server ?? hosts[0], (server ?? hosts[0]).ownAddresses, .guess,
            "two hosts talk, and the first packet goes to this one")
    }
}

/// What captures that mark sent and received packets (Linux cooked ones, pcapng flags) say.
struct ObservedDirections: Sendable {
    private var sentFrom: Set<IPAddress> = []
    private var receivedFrom: Set<IPAddress> = []
    private var deliveredTo: Set<IPAddress> = []

    mutating func note(_ source: IPAddress, _ destination: IPAddress, _ direction: FrameDirection, limit: Int)
    {
        guard source != destination, !source.isLoopback else { return }
        switch direction {
        case .outbound:
            if sentFrom.count < limit { sentFrom.insert(source) }
        case .inbound:
            if receivedFrom.count < limit { receivedFrom.insert(source) }
            if deliveredTo.count < limit { deliveredTo.insert(destination) }
        case .unknown: break
        }
    }

    /// Nil if they don't tell.
    var conclusion: HostInference.Conclusion? {
        let passedOn = sentFrom.intersection(receivedFrom)
        if !passedOn.isEmpty {
            let own = sentFrom.subtracting(receivedFrom)
            return HostInference.Conclusion(
                kind: .router(addresses: own.areOfOneHost ? own.inOrder : [], macs: [:]), confidence: .sure,
                reason: "the capture marks packets from the same addresses as received, and as sent again")
        }
        let both = sentFrom.intersection(deliveredTo)
        let own = both.isEmpty ? (deliveredTo.isEmpty ? sentFrom : []) : both
        guard !own.isEmpty, own.areOfOneHost else { return nil }
        return HostInference.Conclusion(
            kind: .endpoint(addresses: own.inOrder, mac: nil), confidence: .sure,
            reason: "the capture marks packets from these addresses as sent, those to them as received")
    }
}

extension Set<IPAddress> {
    /// At most one of each family.
    fileprivate var areOfOneAddress: Bool {
        AddressFamily.allCases.allSatisfy { family in
            count { $0.family == family && !$0.isLinkLocalIPv6 } <= 1
        }
    }
}
