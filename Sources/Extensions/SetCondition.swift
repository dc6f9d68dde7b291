import AddressSets
import Packets
import RuleModel

/// What it means to be in a set that can't change while packets pass, in fields of the packet: exactly what a lookup
/// would answer (`SetMemory.test`), so that proofs see through the set.
///
/// Only for sets of addresses, networks, marks and interfaces: a set with ports asks for more of the header than the
/// field of a port does.
struct SetCondition {
    private let set: SetDefinition
    private let directions: SetDirections
    private let returnsNomatch: Bool

    /// A longer list would take longer than a lookup.
    private static let mostEntries = 64

    /// Nil if the set's meaning can't be said this way.
    init?(_ set: SetDefinition, _ lookup: SetLookup) {
        let types: [SetType] = [.bitmapIP, .hashIP, .hashNet, .hashNetNet, .hashIPMark, .hashNetInterface]
        guard types.contains(set.type), set.count <= SetCondition.mostEntries, set.options.timeout == nil,
            lookup.packets == nil, lookup.bytes == nil,
            Int(lookup.directions.count) >= set.type.dimension
        else { return nil }
        self.set = set
        directions = lookup.directions
        returnsNomatch = lookup.returnsNomatch && set.type.hasNetworks
    }

    var condition: Condition {
        self.set.type == .hashNetInterface ? interfaceCondition : firstMatch(entries, otherwise: .any([]))
    }

    /// Those that decide first come last.
    private var entries: [SetEntry] {
        self.set.entries.sorted { a, b in
            a.element.length != b.element.length
                ? a.element.length < b.element.length : a.element.secondLength < b.element.secondLength
        }
    }

    /// Whether the last of the entries that match is what the rule looks for.
    private func firstMatch(_ entries: [SetEntry], otherwise: Condition) -> Condition {
        var result = otherwise
        var alternatives: [Condition] = []
        func closed() -> Condition {
            if alternatives.isEmpty { return result }
            return .any(alternatives + (result == .any([]) ? [] : [result]))
        }
        for entry in entries {
            if entry.isExcluded == returnsNomatch {
                alternatives.append(match(entry))
            } else {
                result = .all([.not(match(entry)), closed()])
                alternatives = []
            }
        }
        return closed()
    }

    /// The kernel looks for a packet's interface in the longest network only that the set has for its address, whatever
    /// interfaces stand there.
    private var interfaceCondition: Condition {
        var result = Condition.any([])
        var rest = entries[...].filter { !$0.element.isPhysical }[...]
        while let first = rest.first {
            let group = rest.prefix { $0.element == first.element }
            rest = rest.dropFirst(group.count)
            let isInside = address(.first, first.element.address, first.element.length)
            // Of one network's interfaces, the first that matches decides.
            let inner = firstMatch(group.reversed(), otherwise: .any([]))
            result = .any([.all([isInside, inner]), .all([.not(isInside), result])])
        }
        return result
    }

    private enum Place {
        case first, second
    }

    private func match(_ entry: SetEntry) -> Condition {
        let element = entry.element
        switch set.type {
        case .hashNetInterface:
            let pattern = InterfacePattern(text: entry.interface ?? "", isPrefix: entry.isWildcard)
            return .interface(directions.isSource(1) ? .input : .output, pattern)
        case .hashIPMark:
            let mark = UInt32(truncatingIfNeeded: element.tag)
            return .all([
                address(.first, element.address, nil),
                .bits(.mark, mask: set.options.markMask, value: mark),
            ])
        case .hashNetNet:
            return .all([
                address(.first, element.address, element.length),
                address(.second, element.second, element.secondLength),
            ])
        case .hashNet: return address(.first, element.address, element.length)
        default: return address(.first, element.address, nil)
        }
    }

    /// - Parameter length: nil for a single address, as the set's options mask it.
    private func address(_ place: Place, _ value: UInt128, _ length: UInt8?) -> Condition {
        let family = set.options.family ?? .ipv4
        let field: AddressField = directions.isSource(place == .first ? 0 : 1) ? .source : .destination
        let masks = set.type == .hashIP || set.type == .bitmapIP || set.type == .hashNetNet
        var mask = masks ? set.options.addressMask : family.allOnes
        if let length { mask &= IPPrefix.mask(Int(length), family: family) }
        return .address(field, value: value, mask: mask)
    }
}
