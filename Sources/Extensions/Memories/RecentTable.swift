import Packets
import RuleModel

/// What one `recent` asks of its table.
struct RecentRule: Sendable {
    enum Operation: String, CaseIterable {
        case set, rcheck, update, remove
    }

    var operation: Operation
    /// 0 for any time.
    var seconds: UInt32 = 0
    /// 0 for any number.
    var hits = 0
    var reaps = false
    var comparesHopLimit = false
    var usesDestination = false
    /// Matters to what `update` writes, so it isn't left to the condition around.
    var isNegated = false
}

/// A table of `recent` (`struct recent_table` in net/netfilter/xt_recent.c), shared by all rules that name it, of both
/// families.
final class RecentTable {
    /// `ip_list_tot`
    private static let mostEntries = 100
    /// With `ip_pkt_list_tot` 0, which is what the kernel starts with.
    private static let defaultStamps = 32

    struct Entry {
        let family: AddressFamily
        let address: UInt128
        var hopLimit: UInt8
        /// Ticks, from a ring as long as the table says.
        var stamps: [Int64]
        var next: UInt16
    }

    /// Of an address that begins at the first bit.
    private let mask: UInt128
    private let clock: TickClock
    private let ticksPerSecond: UInt32
    /// A power of two.
    private var stampsPerEntry = 1
    /// From the one that was written longest ago. So few that a search may go through them.
    private(set) var entries: [Entry] = []

    /// - Parameter mask: of the rule that names the table first; others' don't count.
    init(mask: UInt128, clock: TickClock, ticksPerSecond: UInt32) {
        self.mask = mask
        self.clock = clock
        self.ticksPerSecond = ticksPerSecond
    }

    /// Rings as long as a rule needs them (`nstamp_mask` in `recent_mt_check`).
    func makeRoom(forHits hits: Int) {
        var stamps = hits > 0 ? 1 : RecentTable.defaultStamps
        while stamps < hits { stamps *= 2 }
        stampsPerEntry = max(stampsPerEntry, stamps)
    }

    /// `recent_mt`
    func test(_ rule: RecentRule, _ context: borrowing TestContext) -> Bool {
        let packet = context.packet
        let now = clock.tick(at: context.metadata.timestamp)
        let width = UInt128(128 - packet.family.bitWidth)
        let address = ((rule.usesDestination ? packet.destination : packet.source) << width & mask) >> width
        let hopLimit = RecentTable.hopLimitBeforeForwarding(context)
        guard let place = find(packet.family, address, rule.comparesHopLimit ? hopLimit : 0) else {
            guard rule.operation == .set else { return rule.isNegated }
            if entries.count >= RecentTable.mostEntries { entries.removeFirst() }
            entries.append(
                Entry(family: packet.family, address: address, hopLimit: hopLimit, stamps: [now], next: 1))
            return !rule.isNegated
        }
        switch rule.operation {
        case .set:
            write(place, now, hopLimit)
            return !rule.isNegated
        case .remove:
            entries.remove(at: place)
            return !rule.isNegated
        case .rcheck, .update: return check(rule, place, now, hopLimit)
        }
    }

    private func check(_ rule: RecentRule, _ place: Int, _ now: Int64, _ hopLimit: UInt8) -> Bool {
        // The product has 32 bits in the kernel.
        let oldest = now - Int64(rule.seconds &* ticksPerSecond)
        var hits = 0
        var isFound = false
        for stamp in entries[place].stamps where rule.seconds == 0 || stamp >= oldest {
            hits += 1
            isFound = hits >= rule.hits
            if isFound { break }
        }
        let answer = isFound != rule.isNegated
        let writes = rule.operation == .update && answer
        let isKept = !rule.reaps || !reap(olderThan: oldest, keeping: writes ? place : nil)
        // Only the first entry is ever reaped.
        if writes { write(isKept ? place : place - 1, now, hopLimit) }
        return answer
    }

    /// `recent_entry_reap`: forgets the entry that was written longest ago, if even its last stamp is older.
    private func reap(olderThan oldest: Int64, keeping kept: Int?) -> Bool {
        guard kept != 0, let first = entries.first else { return false }
        let last = first.next == 0 ? first.stamps.count - 1 : Int(first.next) - 1
        guard oldest > first.stamps[last] else { return false }
        entries.removeFirst()
        return true
    }

    /// `recent_entry_update`
    private func write(_ place: Int, _ now: Int64, _ hopLimit: UInt8) {
        var entry = entries.remove(at: place)
        let index = Int(entry.next) & (stampsPerEntry - 1)
        if index < entry.stamps.count { entry.stamps[index] = now } else { entry.stamps.append(now) }
        entry.next = UInt16(truncatingIfNeeded: index + 1)
        entry.hopLimit = hopLimit
        entries.append(entry)
    }

    /// `recent_entry_lookup`: a hop limit of 0 is any.
    private func find(_ family: AddressFamily, _ address: UInt128, _ hopLimit: UInt8) -> Int? {
        entries.firstIndex { entry in
            entry.address == address && entry.family == family
                && (hopLimit == 0 || entry.hopLimit == 0 || hopLimit == entry.hopLimit)
        }
    }

    /// A forwarded packet's is one less by the time that rules behind routing see it.
    private static func hopLimitBeforeForwarding(_ context: borrowing TestContext) -> UInt8 {
        let hook = context.hook
        let cameIn = context.metadata.inInterface != .none
        let isForwarded = hook == .forward || hook == .postrouting && cameIn
        return isForwarded ? context.packet.hopLimit &+ 1 : context.packet.hopLimit
    }
}

/// One occurrence of `recent`; its memory is the table.
final class RecentHistory: MatchHistory {
    private let rule: RecentRule
    private let table: RecentTable

    init(_ rule: RecentRule, _ table: RecentTable) {
        self.rule = rule
        self.table = table
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        TestAnswer(table.test(rule, context))
    }
}
