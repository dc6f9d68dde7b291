import Packets
import RuleModel

/// How a table of `hashlimit` is set up, by the rule that names it first.
struct HashlimitSetup: Sendable {
    struct Mode: OptionSet {
        let rawValue: UInt8

        static let destination = Mode(rawValue: 1 << 0)
        static let destinationPort = Mode(rawValue: 1 << 1)
        static let source = Mode(rawValue: 1 << 2)
        static let sourcePort = Mode(rawValue: 1 << 3)
        static let ports: Mode = [.sourcePort, .destinationPort]
    }

    /// Of a machine with more than 1 GB (`htable_create`).
    static let defaultSize: UInt32 = 8192

    var rate: HashlimitRate
    var mode: Mode = []
    var sourceLength: Int
    var destinationLength: Int
    /// Milliseconds between looks for expired entries.
    var collection: UInt32 = 1000
    /// Milliseconds.
    var expiry: UInt32
    var mostEntries = 8 * Int(HashlimitSetup.defaultSize)
}

/// A table of `hashlimit` (`struct xt_hashlimit_htable` in net/netfilter/xt_hashlimit.c), shared by all rules of a family
/// that name it.
///
/// The kernel looks for expired entries at fixed times since the table was made; here the first packet makes it.
final class HashlimitTable {
    struct Key: Hashable {
        var source: UInt128 = 0
        var destination: UInt128 = 0
        var sourcePort: UInt16 = 0
        var destinationPort: UInt16 = 0
    }

    private let setup: HashlimitSetup
    let credits: HashlimitCredits
    private let clock: TickClock
    private let expiry: Int64
    private let collection: Int64
    private let sourceMask: UInt128
    private let destinationMask: UInt128
    private var firstTick: Int64?
    private var buckets = RecencyList<Key, HashlimitBucket>()

    init(_ setup: HashlimitSetup, family: AddressFamily, clock: TickClock, ticksPerSecond: UInt32) {
        self.setup = setup
        self.clock = clock
        credits = HashlimitCredits(ticksPerSecond: ticksPerSecond)
        expiry = credits.ticks(milliseconds: setup.expiry)
        collection = max(1, credits.ticks(milliseconds: setup.collection))
        sourceMask = IPPrefix.mask(setup.sourceLength, family: family)
        destinationMask = IPPrefix.mask(setup.destinationLength, family: family)
    }

    /// Looks a packet's bucket up, or makes it, brings it up to now and lets `use` spend of it (`hashlimit_mt_common`).
    /// - Returns: nil if the kernel drops the packet: it has no ports to look up, or the table is full.
    func withBucket(
        _ context: borrowing TestContext, _ bytes: RawSpan, _ use: (inout HashlimitBucket) -> Bool
    ) -> Bool? {
        let now = clock.tick(at: context.metadata.timestamp)
        let first = firstTick ?? now
        firstTick = first
        let lastCollection = now - (now - first) % collection
        buckets.removeOldest { $0.expires <= lastCollection }
        guard let key = key(context.packet, bytes) else { return nil }
        if let place = buckets.renew(key) {
            buckets[place].expires = now + expiry
            buckets[place].refill(now, setup.rate, credits)
            return use(&buckets[place])
        }
        guard buckets.count < setup.mostEntries else { return nil }
        let place = buckets.insert(
            key, HashlimitBucket(setup.rate, credits, now: now, expires: now + expiry))
        return use(&buckets[place])
    }

    /// `hashlimit_init_dst`
    private func key(_ packet: Packet, _ bytes: RawSpan) -> Key? {
        var key = Key()
        if setup.mode.contains(.destination) { key.destination = packet.destination & destinationMask }
        if setup.mode.contains(.source) { key.source = packet.source & sourceMask }
        guard !setup.mode.isDisjoint(with: .ports) else { return key }
        // `ipv6_skip_exthdr` gives up where no upper layer comes, and the packet is dropped.
        if packet.family == .ipv6, packet.transportProtocol == .ipv6NoNext { return nil }
        if packet.family == .ipv6 {
            if packet.flags.contains(.brokenHeaderChain) { return nil }
            // It stops at a later fragment's header, a protocol without ports.
            if packet.isLaterFragment { return key }
        }
        guard let offset = packet.transportProtocol.portsOffset else { return key }
        // Of a later fragment in IPv4, the kernel takes the data for ports.
        let start = Int(packet.transportOffset) + offset
        guard packet.transportCaptured >= UInt32(offset + 4), start + 4 <= bytes.byteCount else { return nil }
        func word(_ offset: Int) -> UInt16 {
            UInt16(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) << 8
                | UInt16(bytes.unsafeLoad(fromByteOffset: offset + 1, as: UInt8.self))
        }
        if setup.mode.contains(.sourcePort) { key.sourcePort = word(start) }
        if setup.mode.contains(.destinationPort) { key.destinationPort = word(start + 2) }
        return key
    }
}

/// What one address, port or combination of them has spent (`struct dsthash_ent`).
struct HashlimitBucket {
    /// Ticks.
    var expires: Int64
    private var lastTick: Int64
    private var credit: UInt64 = 0
    /// Packets: the most credit. Bytes: how many more seconds' credit may be had.
    private var creditLimit: UInt64 = 0
    private var cost: UInt64 = 0
    /// Of `--hashlimit-rate-match`: packets or bytes in this interval.
    private var spent: UInt64 = 0
    private var rate: UInt64 = 0
    private var mostSpent: UInt64 = 0
    private var lastIntervalWasOver = false

    /// `rateinfo_init`
    init(_ rate: HashlimitRate, _ credits: HashlimitCredits, now: Int64, expires: Int64) {
        self.expires = expires
        lastTick = now
        switch (rate.interval, rate.unit) {
        case (nil, .packets):
            credit = credits.credits(rate.average &* rate.burst)
            creditLimit = credit
            cost = credits.credits(rate.average)
        case (nil, .bytes):
            credit = credits.bytesPerSecond
            creditLimit = rate.burst
            cost = credits.byteCost(rate.average)
        case (_, .packets):
            self.rate = credits.packetRate(rate.average)
            mostSpent = rate.burst &+ self.rate
        case (_, .bytes):
            self.rate = credits.byteRate(rate.average)
            mostSpent = rate.burst == 0 ? self.rate : rate.burst &* self.rate
        }
    }

    /// `rateinfo_recalc`
    mutating func refill(_ now: Int64, _ rate: HashlimitRate, _ credits: HashlimitCredits) {
        let elapsed = UInt64(now - lastTick)
        guard elapsed > 0 else { return }
        if let seconds = rate.interval {
            // The product has 32 bits in the kernel.
            let interval = UInt64(seconds &* UInt32(truncatingIfNeeded: credits.ticksPerSecond))
            guard elapsed >= interval else { return }
            lastTick = now
            lastIntervalWasOver = spent &* interval > elapsed &* self.rate
            spent = 0
            return
        }
        lastTick = now
        switch rate.unit {
        case .bytes:
            let before = credit
            credit &+= credits.bytesPerTick &* elapsed
            credit = before >= credit ? credits.bytesPerSecond : min(credit, credits.bytesPerSecond)
        case .packets:
            credit = min(credit &+ elapsed &* credits.packetsPerTick, creditLimit)
        }
    }

    /// Pays for a packet.
    /// - Returns: whether there was enough to pay with.
    mutating func pay(_ length: UInt32, _ rate: HashlimitRate, _ credits: HashlimitCredits) -> Bool {
        if rate.interval != nil {
            spent &+= rate.unit == .bytes ? UInt64(length) : 1
            return !lastIntervalWasOver && spent <= mostSpent
        }
        var price = cost
        if rate.unit == .bytes {
            price = min(((UInt64(length) >> HashlimitRate.byteShift) + 1) &* cost, credits.bytesPerSecond)
            if credit < price, creditLimit > 0 {
                creditLimit -= 1
                credit = credits.bytesPerSecond
            }
        }
        guard credit >= price else { return false }
        credit -= price
        return true
    }
}

/// One occurrence of `hashlimit`; its memory is the table.
final class HashlimitHistory: MatchHistory {
    private let rate: HashlimitRate
    private let isAbove: Bool
    private let table: HashlimitTable

    init(_ rate: HashlimitRate, isAbove: Bool, _ table: HashlimitTable) {
        self.rate = rate
        self.isAbove = isAbove
        self.table = table
    }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        let length = context.packet.totalLength
        let isWithin = table.withBucket(context, bytes) { $0.pay(length, rate, table.credits) }
        guard let isWithin else { return .hotdrop }
        return TestAnswer(isWithin != isAbove)
    }
}

extension IPProtocol {
    /// `proto_ports_offset`: where the ports, or what counts as such, stand in the header; nil if there are none.
    fileprivate var portsOffset: Int? {
        switch self {
        case .tcp, .udp, .dccp, .esp, .sctp, .udpLite: 0
        case .ah: 4
        default: nil
        }
    }
}
