import Packets

/// The contents of one set, and what may be done with them.
public struct SetTable: Sendable {
    public let type: SetType
    public let options: SetOptions
    var entries: EntryTable
    /// Of a list.
    var members: [ListMember] = []

    struct ListMember: Sendable {
        /// Which set, in the numbering of whoever holds the sets.
        var set: Int
        var extras: EntryExtras
    }

    public init(type: SetType, options: SetOptions) {
        self.type = type
        self.options = options
        entries = EntryTable(hasNetworks: type.hasNetworks)
    }

    enum AddResult: Sendable {
        case added
        case exists
        case full
    }

    var family: AddressFamily { options.family ?? .ipv4 }

    /// Of elements that don't overlap; a bitmap's range limits it.
    private var maximum: Int { type.storage == .hash ? Int(options.maximum) : .max }

    /// `mtype_add`. An entry that expired counts as absent.
    /// - Parameters:
    ///   - replaces: whether an entry that is there takes over what comes with the new one (`-exist`).
    ///   - now: nanoseconds of the set's clock.
    mutating func add(_ new: SetEntry, _ extras: NewExtras, replaces: Bool, at now: Int64) -> AddResult {
        let (found, chainLength) = find(new)
        if let index = found {
            if let mac = new.mac, type == .bitmapIPMAC, entries[index].mac == nil {
                fill(index, mac, extras, at: now)
                return .added
            }
            let hasExpired = entries[index].extras.hasExpired(at: now)
            guard hasExpired || replaces else { return .exists }
            let kept = hasExpired ? nil : entries[index].extras
            let extrasNow = self.extras(extras, kept: kept, at: now)
            entries.change(index) { entry in
                entry.isExcluded = new.isExcluded
                if let mac = new.mac { entry.mac = mac }
                entry.extras = extrasNow
            }
            return .added
        }
        if entries.count >= maximum {
            entries.removeExpired(at: now)
            if entries.count >= maximum {
                // The kernel gives up an element that shares the new one's bucket, and takes no new one where
                // there is none.
                guard options.forcesAdding, maximum > 0 else { return .full }
                entries.removeOldest()
            }
        }
        guard chainLength < Self.mostInterfaces else { return .full }
        var entry = new
        entry.extras = self.extras(extras, kept: nil, at: now)
        if type == .bitmapIPMAC, new.mac == nil {
            entry.pendingTimeout = options.timeout.map { extras.timeout ?? $0 }
            entry.extras.expiry = .max
        }
        entries.insert(entry)
        return .added
    }

    /// `AHASH_MAX_TUNED`: how many interfaces the kernel keeps with one network.
    private static let mostInterfaces = 64

    /// An address of a `bitmap:ip,mac` gets its MAC address (`bitmap_ipmac_do_add`): its time begins.
    mutating func fill(_ index: Int, _ mac: MACAddress, _ extras: NewExtras, at now: Int64) {
        var extras = extras
        if extras.timeout == nil || extras.timeout == options.timeout {
            extras.timeout = entries[index].pendingTimeout
        }
        let extrasNow = self.extras(extras, kept: entries[index].extras, at: now)
        entries.change(index) { entry in
            entry.mac = mac
            entry.pendingTimeout = nil
            entry.extras = extrasNow
        }
    }

    /// What a set of these options keeps of what comes with an element.
    func extras(_ new: NewExtras, kept: EntryExtras?, at now: Int64) -> EntryExtras {
        var extras = EntryExtras()
        if let timeout = options.timeout { extras.expiry = expiry(new.timeout ?? timeout, at: now) }
        if options.hasCounters {
            extras.packets = new.packets ?? kept?.packets ?? 0
            extras.bytes = new.bytes ?? kept?.bytes ?? 0
        }
        if options.hasComments {
            // A bitmap forgets the comment even where the kernel's own adding should leave it alone.
            let keepsComment = new.isOfPacket && type.storage != .bitmap
            extras.comment = keepsComment ? kept?.comment : new.comment
        }
        if options.hasPacketInfo { extras.packetInfo = new.packetInfo }
        return extras
    }

    /// - Parameter seconds: 0 for never.
    private func expiry(_ seconds: UInt32, at now: Int64) -> Int64 {
        guard seconds > 0 else { return .max }
        let (sum, overflow) = now.addingReportingOverflow(Int64(seconds) * 1_000_000_000)
        return overflow ? .max : sum
    }

    /// `mtype_del`: whether there was one.
    mutating func remove(_ entry: SetEntry, at now: Int64) -> Bool {
        guard let index = find(entry).index else { return false }
        let hasExpired = entries[index].extras.hasExpired(at: now)
        entries.remove(at: index)
        return !hasExpired
    }

    mutating func removeAll() {
        entries.removeAll()
        members = []
    }

    /// The entry with the same element and, by the kernel's way of comparing, the same interface; and how many with
    /// the same element were looked at.
    private func find(_ entry: SetEntry) -> (index: Int?, count: Int) {
        var index = entries.head(entry.element)
        var count = 0
        while let candidate = index {
            if isSameInterface(candidate, entry.interface) { return (candidate, count) }
            index = entries.next(after: candidate)
            count += 1
        }
        return (nil, count)
    }

    /// The kernel compares as many characters as the stored wildcard has.
    func isSameInterface(_ index: Int, _ name: String?) -> Bool {
        guard let stored = entries.interface(at: index) else { return name == nil }
        guard let name else { return false }
        return stored.isWildcard ? name.utf8.starts(with: stored.name.utf8) : name == stored.name
    }
}
