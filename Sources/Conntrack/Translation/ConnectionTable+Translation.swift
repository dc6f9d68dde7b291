public import Packets

/// Decides how a connection is translated (`nf_nat_core.c`), once for each of its two translations, by its first packet.
///
/// A translation changes nothing but what answers look like. Everything else follows from the two tuples: see
/// `FlowView.target`.
extension ConnectionTable {
    /// Whether the nat table is to be asked about a packet (`nf_nat_initialized`). Only packets in state NEW, and
    /// RELATED ones that are no ICMP errors, may ask at all.
    public func isUndecided(_ manipulation: NATManipulation, for tracking: Tracking) -> Bool {
        guard let entry = entry(of: tracking.handle), !connections[entry].isConfirmed else { return false }
        return !connections[entry].status.contains(manipulation.decided)
    }

    /// Translates an undecided connection into a range (`nf_nat_setup_info`).
    ///
    /// It may be that no tuple is free in it; then `confirm` will find the clash.
    /// - Parameter range: nil where no rule says anything ("null binding"): the address stays, and a source port that is
    ///   taken changes.
    public mutating func translate(
        _ manipulation: NATManipulation, into range: NATRange?, for tracking: inout Tracking,
        at now: Timestamp
    ) {
        guard isUndecided(manipulation, for: tracking), let entry = entry(of: tracking.handle) else {
            return
        }
        translate(manipulation, into: range, entry: entry, at: now)
        tracking.flow.status = connections[entry].status
        tracking.flow.reply = connections[entry].reply
        tracking.certainty = connections[entry].certainty
    }

    /// The same for an entry that is new and undecided.
    mutating func translate(
        _ manipulation: NATManipulation, into range: NATRange?, entry: Int, at now: Timestamp
    ) {
        guard let current = connections[entry].reply.inverse else { return }
        let own = manipulation == .source ? current.source : current.destination
        let choice = uniqueTuple(
            current, range ?? NATRange(addresses: own...own), manipulation, for: entry, now)
        if !choice.tuple.matches(current), let reply = choice.tuple.inverse {
            connections[entry].reply = reply
            connections[entry].status.insert(manipulation.done)
        }
        if choice.isDrawn, connections[entry].certainty == .exact { connections[entry].certainty = .drawn }
        connections[entry].status.insert(manipulation.decided)
        if manipulation == .source { sources.insert(entry, connections[entry].original) }
    }

    /// Notes that a rule translates a connection to an address that nobody named.
    public mutating func markTranslationUnknown(_ tracking: inout Tracking) {
        guard let entry = entry(of: tracking.handle) else { return }
        connections[entry].certainty = .unknown
        tracking.certainty = .unknown
    }

    /// `get_unique_tuple`
    private mutating func uniqueTuple(
        _ original: FlowTuple, _ range: NATRange, _ manipulation: NATManipulation, for entry: Int,
        _ now: Timestamp
    ) -> PortChoice {
        let isRandom = range.isRandom || range.isFullyRandom
        if manipulation == .source, !isRandom {
            if range.admits(original) {
                if holder(of: original, now) == nil { return PortChoice(tuple: original) }
            } else if let known = knownSource(of: original, range), holder(of: known, now) == nil {
                return PortChoice(tuple: known)
            }
        }
        var tuple = original
        if let addresses = range.addresses {
            let address = AddressChoice.address(
                of: addresses, manipulation, for: tuple, isPersistent: range.isPersistent)
            if manipulation == .source { tuple.source = address } else { tuple.destination = address }
        }
        if !isRandom {
            if let ports = range.ports {
                if range.basePort == nil, ports.admits(tuple, manipulation),
                    ports.count == 1 || holder(of: tuple, now) == nil
                {
                    return PortChoice(tuple: tuple)
                }
            } else if holder(of: tuple, now) == nil {
                return PortChoice(tuple: tuple)
            }
        }
        return choosePort(tuple, range, manipulation, for: entry, now)
    }

    /// The translated source that another connection of the same source has (`find_appropriate_src`).
    private func knownSource(of tuple: FlowTuple, _ range: NATRange) -> FlowTuple? {
        var next = sources.first(tuple)
        while let entry = next {
            if var known = connections[entry].reply.inverse {
                known.destination = tuple.destination
                known.destinationPort = tuple.destinationPort
                if range.admits(known) { return known }
            }
            next = sources.next(entry)
        }
        return nil
    }
}

extension NATManipulation {
    /// The connection is translated so (`IPS_SRC_NAT`, `IPS_DST_NAT`).
    var done: ConnectionStatus { self == .source ? .sourceNAT : .destinationNAT }
    /// It has been decided whether it is.
    var decided: ConnectionStatus { self == .source ? .sourceNATDecided : .destinationNATDecided }
    var opposite: NATManipulation { self == .source ? .destination : .source }
}

extension NATRange {
    /// Whether a tuple's source is in the range already (`nf_in_range`).
    func admits(_ tuple: FlowTuple) -> Bool {
        if let addresses, !addresses.contains(tuple.source) { return false }
        return ports?.admits(tuple, .source) ?? true
    }
}

extension ClosedRange<UInt16> {
    /// `l4proto_in_range`
    func admits(_ tuple: FlowTuple, _ manipulation: NATManipulation) -> Bool {
        switch tuple.transportProtocol {
        case .icmp, .icmpv6: contains(tuple.sourcePort)
        case .gre, .tcp, .udp, .udpLite, .sctp:
            contains(manipulation == .source ? tuple.sourcePort : tuple.destinationPort)
        default: true
        }
    }
}
