internal import Packets
internal import RuleModel

/// What actions make of the fields of some packets (`HookTraversal+Effects` does it to one packet).
extension PacketSpace {
    func apply(_ action: Action, where taken: Diagram, _ changes: inout FieldChanges) {
        switch action {
        case .setMark(let value, let mask):
            replace(.mark, mask: mask, with: constant(value), where: taken, &changes)
        case .connection(let change): apply(change, where: taken, &changes)
        case .change(.trafficClass(let mask, let value)):
            replace(
                .trafficClass, mask: UInt32(mask), with: constant(UInt32(value)), where: taken, &changes)
        case .change(.hopLimit(let change)): apply(change, where: taken, &changes)
        case .change(.congestion(let change)): apply(change, where: taken, &changes)
        case .change(let change) where change.isSegmentChange:
            let segments = store.and(taken, store.substitute(changes, in: fact(.readableTCPOptions)))
            for field in change.fields { replace(field, byOutcomeOf: change, where: segments, &changes) }
            forgetOptions(change, where: segments, &changes)
        case .change(let change):
            for field in change.fields { replace(field, byOutcomeOf: change, where: taken, &changes) }
        case .accept, .drop, .returnToCaller, .reject, .log, .translate, .queue, .memory, .proxy, .synproxy,
            .copy,
            .aside:
            break
        }
    }

    private func apply(_ change: ConnectionChange, where taken: Diagram, _ changes: inout FieldChanges) {
        let tracked = store.and(taken, store.substitute(changes, in: hasConnection))
        switch change {
        case .setMark(let value, let mask, let shift):
            replace(.connectionMark, mask: mask, with: constant(value), where: tracked, &changes)
            if shift != .none {
                let source = shift.applied(to: bits(of: .connectionMark, .max, changes))
                replace(.connectionMark, mask: .max, with: source, where: tracked, &changes)
            }
        case .saveMark(let packetMask, let connectionMask, let shift):
            let source = shift.applied(to: bits(of: .mark, packetMask, changes))
            replace(.connectionMark, mask: connectionMask, with: source, where: tracked, &changes)
        case .restoreMark(let packetMask, let connectionMask, let shift):
            let source = shift.applied(to: bits(of: .connectionMark, connectionMask, changes))
            replace(.mark, mask: packetMask, with: source, where: tracked, &changes)
        case .untrack:
            let state = constant(UInt32(ConnectionState.untracked.rawValue))
            replace(.connectionState, mask: .max, with: state, where: taken, &changes)
        case .track, .aside: break
        }
    }

    private func apply(_ change: CongestionChange, where taken: Diagram, _ changes: inout FieldChanges) {
        if let codepoint = change.codepoint {
            let source = constant(UInt32(codepoint))
            replace(.trafficClass, mask: 3, with: source, where: taken, &changes)
        }
        for (bit, isSet) in [(UInt32(0x40), change.echo), (0x80, change.windowReduced)] {
            guard let isSet else { continue }
            replace(.tcpFlags, mask: bit, with: constant(isSet ? bit : 0), where: taken, &changes)
        }
    }

    /// A field may have any value behind the change, the same for all rules behind it.
    private func replace(
        _ field: NumberField, byOutcomeOf change: PacketChange, where taken: Diagram,
        _ changes: inout FieldChanges
    ) {
        let made = levels(of: .outcome(change, field), width: layout[.number(field)].count)
        let source = made.reversed().map { store.variable($0) }
        replace(field, mask: .max, with: source, where: taken, &changes)
    }

    /// Options that go, or a segment size that comes where there was none.
    private func forgetOptions(_ change: PacketChange, where taken: Diagram, _ changes: inout FieldChanges) {
        let level = layout[.fact(.maximumSegmentSize)].lowerBound
        let now = changes[level] ?? store.variable(level)
        switch change {
        case .stripTCPOptions(let kinds):
            if kinds.contains(2) { changes[level] = store.choose(taken, .never, now) }
            for level in kinds.sorted().map(optionLevel) {
                changes[level] = store.choose(taken, .never, changes[level] ?? store.variable(level))
            }
        default:
            let made = levels(of: .outcome(change, .tcpFlags), width: 1).lowerBound
            changes[level] = store.choose(taken, store.or(now, store.variable(made)), now)
        }
    }

    private func apply(_ change: NumberChange, where taken: Diagram, _ changes: inout FieldChanges) {
        let levels = layout[.number(.hopLimit)]
        switch change {
        case .set(let value):
            replace(.hopLimit, mask: .max, with: constant(UInt32(value)), where: taken, &changes)
        // One step after the other, each of which stops at the end of the range.
        case .increment(let count):
            for _ in 0..<count {
                let isLargest = levels.map { changes[$0] ?? store.variable($0) }
                    .reduce(Diagram.always) { store.and($0, $1) }
                step(levels, up: true, where: store.subtract(isLargest, from: taken), &changes)
            }
        case .decrement(let count):
            for _ in 0..<count {
                let isSmallest = levels.map { !(changes[$0] ?? store.variable($0)) }
                    .reduce(Diagram.always) { store.and($0, $1) }
                step(levels, up: false, where: store.subtract(isSmallest, from: taken), &changes)
            }
        }
    }

    /// One more or one less: a bit changes if all bits behind it are ones, or zeros.
    func step(_ levels: Range<UInt32>, up: Bool, where taken: Diagram, _ changes: inout FieldChanges) {
        var carries = taken
        for level in levels.reversed() {
            let bit = changes[level] ?? store.variable(level)
            changes[level] = store.choose(carries, !bit, bit)
            carries = store.and(carries, up ? bit : !bit)
        }
    }

    /// `field = (field & ~mask) ^ source` for some packets.
    /// - Parameter source: bit by bit, the lowest first; those that are missing are 0.
    private func replace(
        _ field: NumberField, mask: UInt32, with source: [Diagram], where taken: Diagram,
        _ changes: inout FieldChanges
    ) {
        for (position, level) in layout[.number(field)].reversed().enumerated() {
            let added = position < source.count ? source[position] : .never
            let isMasked = mask >> UInt32(position) & 1 == 1
            guard isMasked || added != .never else { continue }
            let now = changes[level] ?? store.variable(level)
            let kept: Diagram = isMasked ? .never : now
            changes[level] = store.choose(taken, store.choose(added, !kept, kept), now)
        }
    }

    private func constant(_ value: UInt32) -> [Diagram] {
        (0..<32).map { value >> UInt32($0) & 1 == 1 ? .always : .never }
    }

    /// The bits of a field under a mask, as rules have changed them.
    private func bits(of field: NumberField, _ mask: UInt32, _ changes: FieldChanges) -> [Diagram] {
        layout[.number(field)].reversed().enumerated().map { position, level in
            mask >> UInt32(position) & 1 == 1 ? changes[level] ?? store.variable(level) : .never
        }
    }
}

extension MarkShift {
    /// Of a mark's bits, the lowest first.
    fileprivate func applied(to mark: [Diagram]) -> [Diagram] {
        let zeros = Array(repeating: Diagram.never, count: Int(bits))
        return isLeft ? Array((zeros + mark).prefix(mark.count)) : mark.dropFirst(Int(bits)) + zeros
    }
}

extension PacketChange {
    /// Whether it changes TCP's options.
    fileprivate var isSegmentChange: Bool {
        switch self {
        case .segmentSize, .stripTCPOptions: true
        case .hopLimit, .trafficClass, .congestion, .prefix, .mark: false
        }
    }
}
