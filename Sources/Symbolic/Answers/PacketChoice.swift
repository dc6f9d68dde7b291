import Packets
import RuleModel

/// Narrows a set down to one packet, a preference at a time.
struct PacketChoice {
    private let space: PacketSpace
    /// Never empty, if it wasn't at first.
    private(set) var rest: Diagram

    init(_ space: PacketSpace, _ set: Diagram) {
        self.space = space
        rest = set
    }

    /// Keeps to the packets of another set, if there are any.
    mutating func prefer(_ set: Diagram) {
        let some = space.store.and(rest, set)
        if some != .never { rest = some }
    }

    /// Keeps to the packets for which a function holds, or fails; the preferred ones if there are both. True if it now
    /// holds.
    mutating func take(_ function: Diagram, preferring wanted: Bool) -> Bool {
        let preferred = wanted ? function : !function
        let some = space.store.and(rest, preferred)
        if some != .never {
            rest = some
            return wanted
        }
        return !wanted
    }

    /// Takes the first candidate that there is; without any, the number that begins with most of the first's bits.
    mutating func nearest(_ levels: Range<UInt32>, _ candidates: [UInt128]) -> UInt128 {
        for candidate in candidates where candidate <= DiagramStore.largest(levels) {
            let some = space.store.and(rest, space.store.number(levels, in: candidate...candidate))
            if some != .never {
                rest = some
                return candidate
            }
        }
        let target = candidates.first ?? 0
        // The answer is worthless, but it may be looked up in a list.
        if space.isTooComplex { return target }
        var found: UInt128 = 0
        for (index, level) in levels.enumerated() {
            let wanted = target >> UInt128(levels.count - 1 - index) & 1 == 1
            let isSet = take(space.store.variable(level), preferring: wanted)
            found = found << 1 | (isSet ? 1 : 0)
        }
        return found
    }
}

extension PacketSpace {
    /// Packets whose words say all of them, and that meet tests with memory as the first packet does.
    var plain: Diagram {
        var parts = [
            !fact(.brokenChain), !fact(.maximumSegmentSize), number(.packetType, in: NumberSet(0)),
            number(.linkAddresses, in: NumberSet(0)), number(.fragmentReserved, in: NumberSet(0)),
            store.or(fact(.readableTCPOptions), !presence(of: .tcpFlags)),
        ]
        parts += optionLevels.values.sorted().map { !store.variable($0) }
        for (variable, levels) in freeVariables.sorted(by: { $0.value.lowerBound < $1.value.lowerBound }) {
            switch variable {
            case .history, .packet, .fact, .reversePath: parts.append(store.variable(levels.lowerBound))
            case .outcome: parts.append(store.number(levels, in: 0...0))
            case .addressType:
                let ordinary: UInt128 = family == .ipv4 ? 1 : 0
                parts.append(store.number(levels, in: ordinary...ordinary))
            }
        }
        return parts.reduce(.always) { store.and($0, $1) }
    }

    /// Packets with nothing odd about them: whole headers, no fragments.
    var usual: Diagram {
        [
            plain, !fact(.laterFragment), fact(.transportHeader), number(.moreFragments, in: NumberSet(0)),
            number(.fragmentHeader, in: NumberSet(0)),
        ].reduce(.always) { store.and($0, $1) }
    }
}
