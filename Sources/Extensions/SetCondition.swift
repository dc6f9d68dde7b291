import AddressSets
import Packets
import RuleModel

/// What it means to be in a set that can't change while packets pass, in fields of the packet: exactly what a lookup
/// would answer (`SetMemory.test`), so that proofs see through the set.
///
/// Not for sets with MAC addresses, lists, and sets of IPv6 with protocols that have no ports.
struct SetCondition {
    private let set: SetDefinition
    private let directions: SetDirections
    private let returnsNomatch: Bool

    /// A longer list would take longer than a lookup.
    private static let mostEntries = 64
    /// Of a bitmap, whose neighbours are one test.
    private static let mostPorts = 4096

    /// Nil if the set's meaning can't be said this way.
    init?(_ set: SetDefinition, _ lookup: SetLookup) {
        guard set.options.timeout == nil, lookup.packets == nil, lookup.bytes == nil,
            Int(lookup.directions.count) >= set.type.dimension
        else { return nil }
        switch set.type {
        case .bitmapIPMAC, .hashMAC, .hashIPMAC, .listSet: return nil
        case .bitmapPort:
            guard set.count <= SetCondition.mostPorts,
                SetCondition.ports(set.entries).ranges.count <= SetCondition.mostEntries
            else { return nil }
        default:
            guard set.count <= SetCondition.mostEntries else { return nil }
            if set.options.family == .ipv6, set.type.components.contains(.protocolPort) {
                guard set.entries.allSatisfy({ SetCondition.hasPorts($0.element.transportProtocol) }) else {
                    return nil
                }
            }
        }
        self.set = set
        directions = lookup.directions
        returnsNomatch = lookup.returnsNomatch && set.type.hasNetworks
    }

    var condition: Condition {
        switch self.set.type {
        case .hashNetInterface: return interfaceCondition
        case .bitmapPort:
            let ports = SetCondition.ports(self.set.entries)
            return .any([portTest(.tcp, ports, 0), portTest(.udp, ports, 0)])
        default: return firstMatch(entries, otherwise: .any([]))
        }
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
            let isInside = address(0, first.element.address, first.element.length)
            // Of one network's interfaces, the first that matches decides.
            let inner = firstMatch(group.reversed(), otherwise: .any([]))
            result = .any([.all([isInside, inner]), .all([.not(isInside), result])])
        }
        return result
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
                address(0, element.address, nil),
                .bits(.mark, mask: set.options.markMask, value: mark),
            ])
        default:
            var parts: [Condition] = []
            for (index, component) in set.type.components.enumerated() {
                switch component {
                case .protocolPort:
                    parts.append(
                        portTest(element.transportProtocol, NumberSet(UInt32(element.port)), index))
                default:
                    let (bits, length) =
                        index == 0
                        ? (element.address, element.length) : (element.second, element.secondLength)
                    parts.append(address(index, bits, component == .network ? length : nil))
                }
            }
            return parts.count == 1 ? parts[0] : .all(parts)
        }
    }

    // MARK: Parts

    /// Whether the header says what `port` of an element does: ports, or type and code.
    private static func hasPorts(_ transportProtocol: IPProtocol) -> Bool {
        [.tcp, .udp, .udpLite, .sctp, .icmp, .icmpv6].contains(transportProtocol)
    }

    private static func ports(_ entries: [SetEntry]) -> NumberSet {
        NumberSet(entries.map { UInt32($0.element.port)...UInt32($0.element.port) })
    }

    /// The kernel reads ports out of a whole header only.
    private static let wholeHeader = PacketTest(summary: "a whole upper-layer header") { context, _ in
        TestAnswer(context.packet.flags.contains(.hasTransportHeader))
    }

    private func portTest(
        _ transportProtocol: IPProtocol, _ ports: NumberSet, _ index: Int
    ) -> Condition {
        let isProtocol = Condition.number(
            .transportProtocol, in: NumberSet(UInt32(transportProtocol.rawValue)))
        let field: NumberField = directions.isSource(index) ? .sourcePort : .destinationPort
        switch transportProtocol {
        case .tcp:
            return .all([
                isProtocol, .number(.tcpFlags, in: NumberSet(0...255)), .number(field, in: ports),
            ])
        case .udp, .udpLite, .sctp:
            return .all([isProtocol, .packet(SetCondition.wholeHeader), .number(field, in: ports)])
        case .icmp, .icmpv6:
            let value = ports.ranges.first?.lowerBound ?? 0
            return .all([
                isProtocol, .number(.icmpType, in: NumberSet(value >> 8)),
                .number(.icmpCode, in: NumberSet(value & 255)),
            ])
        default: return isProtocol
        }
    }

    /// - Parameters:
    ///   - index: of the part in an element.
    ///   - length: nil for a single address, as the set's options mask it.
    private func address(_ index: Int, _ value: UInt128, _ length: UInt8?) -> Condition {
        let family = set.options.family ?? .ipv4
        let field: AddressField = directions.isSource(index) ? .source : .destination
        let isMasked = [.hashIP, .bitmapIP, .hashNetNet, .hashIPPort].contains(set.type)
        var mask = isMasked ? set.options.addressMask : family.allOnes
        if let length { mask &= IPPrefix.mask(Int(length), family: family) }
        return .address(field, value: value, mask: mask)
    }
}
