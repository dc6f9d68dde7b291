public import Packets

/// The sets of one run, which packets read and change: every rule of the run shares the one memory.
///
/// Timeouts run on the packets' clock, which begins with the first packet that reaches a set.
public final class SetMemory {
    private let catalogue: SetCatalogue
    private var tables: [SetTable]
    private let interfaces: () -> InterfaceTable
    private var start: Timestamp?

    /// - Parameter interfaces: asked for the names of interfaces where a set has some (`hash:net,iface`).
    public init(_ catalogue: SetCatalogue, interfaces: @escaping () -> InterfaceTable) {
        self.catalogue = catalogue
        tables = catalogue.sets.map(\.table)
        self.interfaces = interfaces
    }

    /// The sets as they are now. What is left of a timeout is printed as `ipset save` would at a moment.
    public func contents(at moment: Timestamp) -> SetCatalogue {
        let now = now(moment)
        return SetCatalogue(
            zip(catalogue.sets, tables).map { set, table in
                SetDefinition(name: set.name, table: table.restarted(at: now))
            })
    }

    // MARK: Rules

    /// `ip_set_test`: whether the packet is in the set.
    /// - Parameter set: the set's place in the catalogue.
    public func test(
        _ set: Int, _ lookup: SetLookup, _ packet: borrowing Packet, _ metadata: borrowing PacketMetadata
    ) -> Bool {
        lookUp(set, lookup, packet, metadata).isMember
    }

    /// `-j SET --map-set`: what the element that the packet is in gives it; nil if it is in none. All zero for a set
    /// that keeps nothing to give.
    public func map(
        _ set: Int, _ directions: SetDirections, _ packet: borrowing Packet,
        _ metadata: borrowing PacketMetadata
    ) -> PacketInfo? {
        let found = lookUp(set, SetLookup(directions), packet, metadata)
        return found.isMember ? found.packetInfo ?? PacketInfo() : nil
    }

    /// `-j SET --add-set`: whether the set took the packet's element. A list gives it to the first member that does.
    /// - Parameters:
    ///   - timeout: seconds; nil for the set's own.
    ///   - replaces: `--exist`: an element that is there begins anew.
    @discardableResult
    public func add(
        _ set: Int, _ directions: SetDirections, timeout: UInt32?, replaces: Bool,
        _ packet: borrowing Packet, _ metadata: borrowing PacketMetadata
    ) -> Bool {
        let now = now(metadata.timestamp)
        guard suits(set, directions, packet) else { return false }
        guard tables[set].type.storage != .list else {
            for member in tables[set].members where !member.extras.hasExpired(at: now) {
                if add(member.set, directions, timeout: timeout, replaces: replaces, packet, metadata) {
                    return true
                }
            }
            // `list_set_kadd` ends well, whatever its members say.
            return true
        }
        guard let (entry, moment) = entry(set, directions, packet, metadata, now) else { return false }
        var extras = moment.extras
        extras.timeout = timeout
        return tables[set].add(entry, extras, replaces: replaces, at: now) == .added
    }

    /// `-j SET --del-set`: whether there was something to delete.
    @discardableResult
    public func remove(
        _ set: Int, _ directions: SetDirections, _ packet: borrowing Packet,
        _ metadata: borrowing PacketMetadata
    ) -> Bool {
        let now = now(metadata.timestamp)
        guard suits(set, directions, packet) else { return false }
        guard tables[set].type.storage != .list else {
            for member in tables[set].members where !member.extras.hasExpired(at: now) {
                if remove(member.set, directions, packet, metadata) { return true }
            }
            return true
        }
        guard let (entry, _) = entry(set, directions, packet, metadata, now) else { return false }
        return tables[set].remove(entry, at: now)
    }

    // MARK: Lookups

    private struct Found {
        var isMember = false
        var packetInfo: PacketInfo?
    }

    private func lookUp(
        _ set: Int, _ lookup: SetLookup, _ packet: borrowing Packet, _ metadata: borrowing PacketMetadata
    ) -> Found {
        guard suits(set, lookup.directions, packet) else { return Found() }
        let moment = SetTable.Moment(now: now(metadata.timestamp), length: UInt64(packet.totalLength))
        if tables[set].type.storage == .list { return lookUpMembers(set, lookup, moment, packet, metadata) }
        guard
            let wanted = PacketElement(
                tables[set].type, tables[set].options, lookup.directions, packet, metadata)
        else { return Found() }
        let result = tables[set].test(
            wanted, interface: name(of: wanted.interface), lookup, moment)
        return Found(
            isMember: result.answer
                == (lookup.returnsNomatch && tables[set].type.hasNetworks ? .excluded : .member),
            packetInfo: result.packetInfo)
    }

    /// `list_set_ktest`: the first member set that has the packet, if the counters of its place in the list agree.
    private func lookUpMembers(
        _ list: Int, _ lookup: SetLookup, _ moment: SetTable.Moment, _ packet: borrowing Packet,
        _ metadata: borrowing PacketMetadata
    ) -> Found {
        var inner = lookup
        inner.packets = nil
        inner.bytes = nil
        if !lookup.updatesSubcounters { inner.updatesCounters = false }
        let hasCounters = tables[list].options.hasCounters
        for index in tables[list].members.indices {
            var found = lookUp(tables[list].members[index].set, inner, packet, metadata)
            guard found.isMember,
                tables[list].members[index].extras.matches(lookup, hasCounters: hasCounters, moment)
            else { continue }
            if let info = tables[list].members[index].extras.packetInfo { found.packetInfo = info }
            return found
        }
        return Found()
    }

    /// Whether the rule names as many directions as the set has parts, and the set is for the packet's IP version.
    private func suits(_ set: Int, _ directions: SetDirections, _ packet: borrowing Packet) -> Bool {
        guard Int(directions.count) >= tables[set].type.dimension else { return false }
        guard let family = tables[set].options.family else { return true }
        return family == packet.family
    }

    private func entry(
        _ set: Int, _ directions: SetDirections, _ packet: borrowing Packet,
        _ metadata: borrowing PacketMetadata, _ now: Int64
    ) -> (SetEntry, SetTable.Moment)? {
        guard
            let wanted = PacketElement(tables[set].type, tables[set].options, directions, packet, metadata)
        else { return nil }
        return (
            tables[set].entry(for: wanted, interface: name(of: wanted.interface)),
            SetTable.Moment(now: now, length: UInt64(packet.totalLength))
        )
    }

    private func name(of interface: InterfaceID) -> String? {
        guard interface != .none else { return nil }
        let table = interfaces()
        return Int(interface.rawValue) < table.count ? table.name(of: interface) : nil
    }

    /// The sets' clock: nanoseconds since the first packet.
    private func now(_ moment: Timestamp) -> Int64 {
        let start = start ?? moment
        if self.start == nil { self.start = moment }
        let (difference, overflow) = moment.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
        return overflow ? (moment < start ? .min : .max) : difference
    }
}

extension SetTable {
    /// The contents with a clock that begins at a moment of the old one.
    func restarted(at now: Int64) -> SetTable {
        var table = SetTable(type: type, options: options)
        for entry in entries.sorted() where entry.pendingTimeout != nil || !entry.extras.hasExpired(at: now) {
            var entry = entry
            entry.extras.restart(at: now)
            table.entries.insert(entry)
        }
        for member in members where !member.extras.hasExpired(at: now) {
            var member = member
            member.extras.restart(at: now)
            table.members.append(member)
        }
        return table
    }
}

extension EntryExtras {
    fileprivate mutating func restart(at now: Int64) {
        guard expiry != .max else { return }
        let (rest, overflow) = expiry.subtractingReportingOverflow(now)
        // Less than a second counts as one, since 0 would mean no end (`ip_set_timeout_get`).
        expiry = max(overflow ? .max : rest, 1_000_000_000)
    }
}
