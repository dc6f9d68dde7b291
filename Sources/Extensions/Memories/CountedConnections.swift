import Packets
import RuleModel

/// The memory of one `connlimit` (`connlimit_mt` in net/netfilter/xt_connlimit.c, net/netfilter/nf_conncount.c of
/// Linux 6.1.159): the tuples that were counted, by address. Whether one still counts is asked of the connection table.
///
/// The kernel's lists are those of one processor here, on which a tuple that nobody knows any more is forgotten at once.
final class CountedConnections: ConnectionHistory {
    private struct List {
        /// In the order in which they were counted; a tuple may be there twice.
        var tuples: [FlowTuple] = []
        var lastSweep: Int64
        var countAtLastSweep = 0
    }

    /// `CONNCOUNT_GC_MAX_COLLECT`
    private static let mostForgottenAtOnce = 64

    private let limit: UInt32
    private let isUpTo: Bool
    private let mask: UInt128
    private let countsDestinations: Bool
    private let clock: TickClock
    private var lists: [UInt128: List] = [:]
    private var tupleCount = 0
    /// At so many tuples, those that nobody asks for any more are looked for.
    private var nextCleaning = 1024

    init(limit: UInt32, isUpTo: Bool, mask: UInt128, countsDestinations: Bool, clock: TickClock) {
        self.limit = limit
        self.isUpTo = isUpTo
        self.mask = mask
        self.countsDestinations = countsDestinations
        self.clock = clock
    }

    func answer<Records: ConnectionRecords & ~Copyable>(
        _ context: borrowing TestContext, _ bytes: RawSpan, _ connections: inout Records
    ) -> TestAnswer {
        let packet = context.packet
        let key = (countsDestinations ? packet.destination : packet.source) & mask
        let count = count(key, context, bytes, connections)
        if tupleCount >= nextCleaning { clean(context.metadata.timestamp, connections) }
        // No tuple, or all that were there have ended: the kernel drops the packet.
        guard count > 0 else { return .hotdrop }
        return TestAnswer((count > Int(limit)) != isUpTo)
    }

    /// `count_tree`, `insert_tree`
    private func count<Records: ConnectionRecords & ~Copyable>(
        _ key: UInt128, _ context: borrowing TestContext, _ bytes: RawSpan, _ connections: borrowing Records
    ) -> Int {
        let now = clock.tick(at: context.metadata.timestamp)
        let time = context.metadata.timestamp
        var tuple = context.flow.original
        var status: ConnectionStatus? = context.flow.exists ? context.flow.status : nil
        if !context.flow.exists {
            guard let own = connections.tuple(of: context.packet, bytes) else { return 0 }
            tuple = own
            status = connections.standing(of: own, at: time)?.status
        }
        guard var list = lists.removeValue(forKey: key) else {
            lists[key] = List(tuples: [tuple], lastSweep: now)
            tupleCount += 1
            return 1
        }
        let before = list.tuples.count
        add(tuple, status, &list, now, time, connections)
        tupleCount += list.tuples.count - before
        let count = list.tuples.count
        if count > 0 { lists[key] = list }
        return count
    }

    /// `__nf_conncount_add`
    /// - Parameter status: of the tuple's connection; nil if it has none.
    private func add<Records: ConnectionRecords & ~Copyable>(
        _ tuple: FlowTuple, _ status: ConnectionStatus?, _ list: inout List, _ now: Int64, _ time: Timestamp,
        _ connections: borrowing Records
    ) {
        if let status, status.contains(.confirmed) {
            if status.contains(.assured) {
                // Counted long ago; `nf_conncount_gc_list` only brings the list up to date.
                if now != list.lastSweep { sweep(&list, until: nil, now, time, connections) }
                return
            }
        } else if now == list.lastSweep,
            list.tuples.count - list.countAtLastSweep < CountedConnections.mostForgottenAtOnce
        {
            list.tuples.append(tuple)
            return
        }
        if sweep(&list, until: tuple, now, time, connections) { return }
        list.tuples.append(tuple)
    }

    /// Forgets what has ended.
    /// - Returns: whether it came upon the tuple, which ends the search.
    @discardableResult
    private func sweep<Records: ConnectionRecords & ~Copyable>(
        _ list: inout List, until tuple: FlowTuple?, _ now: Int64, _ time: Timestamp,
        _ connections: borrowing Records
    ) -> Bool {
        var kept: [FlowTuple] = []
        kept.reserveCapacity(list.tuples.count)
        var forgotten = 0
        var index = 0
        var found = false
        while index < list.tuples.count, forgotten <= CountedConnections.mostForgottenAtOnce {
            let counted = list.tuples[index]
            let standing = connections.standing(of: counted, at: time)
            if standing != nil, counted == tuple {
                found = true
                break
            }
            if let standing, !standing.isClosed {
                kept.append(counted)
            } else {
                forgotten += 1
            }
            index += 1
        }
        list.tuples.replaceSubrange(..<index, with: kept)
        if !found {
            list.lastSweep = now
            list.countAtLastSweep = list.tuples.count
        }
        return found
    }

    /// Forgets what has ended in all lists (`tree_gc_worker`), so that there is never much more than there are connections.
    private func clean<Records: ConnectionRecords & ~Copyable>(
        _ time: Timestamp, _ connections: borrowing Records
    ) {
        tupleCount = 0
        for key in Array(lists.keys) {
            guard var list = lists.removeValue(forKey: key) else { continue }
            list.tuples.removeAll { connections.standing(of: $0, at: time)?.isClosed ?? true }
            list.countAtLastSweep = min(list.countAtLastSweep, list.tuples.count)
            tupleCount += list.tuples.count
            if !list.tuples.isEmpty { lists[key] = list }
        }
        nextCleaning = max(1024, 2 * tupleCount)
    }
}
