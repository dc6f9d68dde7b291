internal import Packets

/// Why an expectation can't be made.
enum ExpectationFault: Error {
    /// A packet could meet it and another one (`-EBUSY`).
    case clash
    /// Another connection expects the same (`-EALREADY`).
    case taken
    /// `nf_conntrack_expect_max`
    case tableFull
}

/// Expectations (`nf_conntrack_expect.c`).
extension ConnectionTable {
    /// A new expectation of a connection's helper, which `expect` makes known (`nf_ct_expect_init`).
    /// - Parameters:
    ///   - source: nil for any; likewise `sourcePort`.
    ///   - entry: the connection.
    func expectation(
        from source: UInt128?, _ sourcePort: UInt16?, to destination: UInt128, _ destinationPort: UInt16,
        _ transportProtocol: IPProtocol, of entry: Int, policyClass: Int = 0
    ) -> Expectation {
        let master = connections[entry]
        let family = master.original.family
        let tuple = FlowTuple(
            family: family, transportProtocol: transportProtocol, source: source ?? 0,
            destination: destination, sourcePort: sourcePort ?? 0, destinationPort: destinationPort)
        let whole: UInt128 = family == .ipv4 ? 0xffff_ffff : .max
        return Expectation(
            tuple: tuple, sourceMask: source == nil ? 0 : whole,
            sourcePortMask: sourcePort == nil ? 0 : .max, zone: master.zone, master: handle(of: entry),
            masterTuple: master.original, helper: master.helper, policyClass: policyClass)
    }

    /// Makes an expectation known from now on (`nf_ct_expect_related`); the same one of the same connection is renewed, and
    /// the oldest of its class may have to go.
    /// - Parameter skipsMaster: another connection's same expectation counts as the same, too (`NF_CT_EXP_F_SKIP_MASTER`).
    @discardableResult
    mutating func expect(
        _ expectation: Expectation, skipsMaster: Bool = false, at now: Timestamp
    ) throws(ExpectationFault) -> ExpectationHandle {
        guard let entry = entry(of: expectation.master) else { throw .taken }
        for handle in expectations.waiting(for: expectation.tuple) {
            guard let known = expectations[handle] else { continue }
            if known.isExpired(at: now) {
                forget(handle)
            } else if known.isSame(as: expectation), skipsMaster || known.master == expectation.master {
                guard known.policyClass == expectation.policyClass, known.master == expectation.master else {
                    throw .taken
                }
                forget(handle)
                break
            } else if known.clashes(with: expectation) {
                throw .clash
            }
        }
        let policy = expectation.helper.flatMap(StandardHelpers.helper)?.policies[expectation.policyClass]
        if let policy { makeRoom(for: expectation, policy, of: entry, now) }
        guard expectations.count < Int(settings.maximumExpectations) else { throw .tableFull }
        var new = expectation
        if let policy { new.expires = now.advanced(bySeconds: policy.timeout).nanoseconds }
        let handle = expectations.insert(new)
        helped[entry, default: HelpedConnection()].expectations.insert(handle, at: 0)
        expectationEvents.append(.made(ExpectationSummary(new, at: now)))
        return handle
    }

    /// `evict_oldest_expect`
    private mutating func makeRoom(
        for expectation: Expectation, _ policy: ExpectationPolicy, of entry: Int, _ now: Timestamp
    ) {
        var ofClass: [ExpectationHandle] = []
        for handle in helped[entry]?.expectations ?? [] {
            guard let known = expectations[handle] else { continue }
            if known.isExpired(at: now) {
                forget(handle)
            } else if known.policyClass == expectation.policyClass {
                ofClass.append(handle)
            }
        }
        if ofClass.count >= policy.maximum, let oldest = ofClass.last { forget(oldest) }
    }

    /// Takes an expectation back (`nf_ct_unexpect_related`).
    mutating func unexpect(_ handle: ExpectationHandle) {
        forget(handle)
    }

    /// Makes an expectation known under the first free destination port, beginning with one (`nf_nat_exp_find_port`). The
    /// kernel draws lots for every further one.
    /// - Returns: nil if none is free, or the expectation can't be made at all.
    mutating func expectFreePort(
        _ expectation: inout Expectation, from first: UInt16, at now: Timestamp
    ) -> ExpectationHandle? {
        let range = Int(UInt16.max - first)
        var attemptsLeft = min(range, 128)
        expectation.tuple.destinationPort = first
        while true {
            do throws(ExpectationFault) {
                return try expect(expectation, at: now)
            } catch {
                attemptsLeft -= 1
                guard error == .clash, attemptsLeft >= 0 else { return nil }
            }
            expectation.tuple.destinationPort = first &+ UInt16(Int(lots.draw()) % range)
            markDrawn(expectation.master)
        }
    }

    private mutating func markDrawn(_ master: FlowHandle) {
        guard let entry = entry(of: master), connections[entry].certainty == .exact else { return }
        connections[entry].certainty = .drawn
    }

    /// An expectation and its place with its master.
    mutating func forget(_ handle: ExpectationHandle) {
        guard let known = expectations[handle] else { return }
        expectations.remove(handle)
        guard let master = entry(of: known.master) else { return }
        helped[master]?.expectations.removeAll { $0 == handle }
    }

    // MARK: Connections that come

    /// Makes a new connection one that was expected, if it was (`init_conntrack`, `nf_ct_find_expectation`).
    mutating func meetExpectation(_ entry: Int, zone: TupleZones, _ now: Timestamp) -> Bool {
        let tuple = connections[entry].original
        var found: ExpectationHandle?
        for handle in expectations.waiting(for: tuple) {
            guard let known = expectations[handle] else { continue }
            if known.isExpired(at: now) {
                forget(handle)
            } else if !known.isInactive, known.zone == zone.number, known.matches(tuple) {
                found = handle
                break
            }
        }
        // Who isn't known yet can't have told anybody what to do.
        guard let found, let expectation = expectations[found],
            let master = self.entry(of: expectation.master),
            connections[master].isConfirmed, !connections[master].isExpired(at: now)
        else { return false }
        if !expectation.isPermanent { forget(found) }
        connections[entry].status.insert(.expected)
        connections[entry].mark = connections[master].mark
        connections[entry].helper = expectation.assignedHelper
        helped[entry, default: HelpedConnection()].master = HelpedConnection.Master(
            handle: expectation.master, helper: connections[master].helper,
            source: connections[master].original.source)
        expectationEvents.append(.met(ExpectationSummary(expectation, at: now)))
        switch expectation.follower {
        case .none: break
        case .followMaster: followMaster(entry, expectation, master, now)
        case .pptp: followPPTP(entry, expectation, master, now)
        case .sip: followSIP(entry, expectation, master, now)
        }
        return true
    }

    /// `nf_nat_follow_master`
    private mutating func followMaster(
        _ entry: Int, _ expectation: Expectation, _ master: Int, _ now: Timestamp
    ) {
        let way = connections[master][expectation.direction.opposite]
        translate(
            .source, into: NATRange(addresses: way.destination...way.destination), entry: entry, at: now)
        translate(
            .destination,
            into: NATRange(
                addresses: way.source...way.source, ports: expectation.savedPort...expectation.savedPort),
            entry: entry, at: now)
    }
}

extension TupleZones {
    /// The zone's own number, of whichever direction it is.
    var number: UInt16 { original != 0 ? original : reply }
}

extension Connection {
    fileprivate var zone: UInt16 { TupleZones(original: original.zone, reply: reply.zone).number }
}
