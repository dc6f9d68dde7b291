import Engine
import Packets

/// One rule of `ip -j rule`.
struct RoutingRuleJSON: Decodable {
    private let values: KeyedDecodingContainer<Key>

    private enum Key: String, CodingKey {
        case priority, src, srclen, dst, dstlen, not, fwmark, fwmask, iif, oif, tos, dscp, table, goto, nop,
            action
        case l3mdev, ipproto, sport, dport
        case sourcePortStart = "sport_start"
        case sourcePortEnd = "sport_end"
        case destinationPortStart = "dport_start"
        case destinationPortEnd = "dport_end"
        case userStart = "uid_start"
        case userEnd = "uid_end"
        case suppressedLength = "suppress_prefixlen"
        case suppressedGroup = "suppress_ifgroup"
        case tunnel = "tun_id"
    }

    /// What of a rule can't be simulated, or can't be read.
    enum Fault: Error {
        case notSimulated(String)
        case unreadable(String)
    }

    init(from decoder: any Decoder) throws { values = try decoder.container(keyedBy: Key.self) }

    var priority: UInt32 { get throws { try number(.priority) ?? 0 } }

    /// That of its addresses; nil if it has none.
    var family: AddressFamily? {
        get throws {
            let addresses = try [Key.src, .dst].compactMap { try text($0) }
            return addresses.lazy.compactMap { IPAddress($0)?.family }.first
        }
    }

    /// - Parameter tableID: the number of a table.
    func rule(
        _ family: AddressFamily, tableID: (String) -> RouteTableID, interface: (String) throws -> InterfaceID
    ) throws -> RoutingRule {
        for key in [Key.l3mdev, .tunnel, .suppressedGroup] where values.contains(key) {
            throw Fault.notSimulated(key.rawValue)
        }
        var rule = RoutingRule(family, priority: try priority, try action(tableID))
        rule.isInverted = values.contains(.not)
        rule.source = try prefix(.src, .srclen, family)
        rule.destination = try prefix(.dst, .dstlen, family)
        if let name = try text(.iif) { rule.inInterface = try interface(name) }
        if let name = try text(.oif) { rule.outInterface = try interface(name) }
        if let mark: UInt32 = try number(.fwmark) {
            rule.mark = mark
            rule.markMask = try number(.fwmask) ?? .max
        }
        rule.typeOfService = try number(.tos)
        rule.dscp = try number(.dscp)
        if let name = try text(.ipproto) {
            guard let known = IPProtocol(name: name) ?? UInt8(name).map(IPProtocol.init(rawValue:)) else {
                throw Fault.unreadable("ipproto")
            }
            rule.transportProtocol = known
        }
        rule.sourcePorts = try range(.sport, .sourcePortStart, .sourcePortEnd)
        rule.destinationPorts = try range(.dport, .destinationPortStart, .destinationPortEnd)
        rule.users = try range(nil, .userStart, .userEnd)
        if let length: UInt32 = try number(.suppressedLength) { rule.suppressedLength = Int(length) }
        return rule
    }

    private func action(_ tableID: (String) -> RouteTableID) throws -> RoutingRule.Action {
        if let priority: UInt32 = try number(.goto) { return .goto(priority) }
        if values.contains(.nop) { return .nothing }
        switch try text(.action) {
        case "blackhole": return .blackhole
        case "unreachable": return .unreachable
        case "prohibit": return .prohibit
        case nil: return .lookUp(tableID(try text(.table) ?? "main"))
        case let other?: throw Fault.notSimulated(other)
        }
    }

    private func prefix(_ address: Key, _ length: Key, _ family: AddressFamily) throws -> IPPrefix? {
        guard let text = try text(address), text != "all" else { return nil }
        let bits = try number(length).map { (value: UInt32) in Int(value) } ?? family.bitWidth
        guard let address = IPAddress(text), address.family == family, bits <= family.bitWidth else {
            throw Fault.unreadable(text)
        }
        return IPPrefix(address, length: bits)
    }

    private func range<Number: FixedWidthInteger>(
        _ single: Key?, _ start: Key, _ end: Key
    ) throws -> ClosedRange<Number>? {
        if let single, let value: Number = try number(single) { return value...value }
        guard let first: Number = try number(start) else { return nil }
        let last: Number = try number(end) ?? first
        guard first <= last else { throw Fault.unreadable(start.rawValue) }
        return first...last
    }

    private func text(_ key: Key) throws -> String? {
        if let text = try? values.decodeIfPresent(String.self, forKey: key) { return text }
        return try values.decodeIfPresent(Int64.self, forKey: key).map { String($0) }
    }

    /// A number, or the text of one: `"0x1"`.
    private func number<Number: FixedWidthInteger>(_ key: Key) throws -> Number? {
        guard let text = try text(key) else { return nil }
        guard let number = Number(rulesText: text) else { throw Fault.unreadable(key.rawValue) }
        return number
    }
}

extension FixedWidthInteger {
    /// Decimal, or hexadecimal behind `0x`.
    init?(rulesText text: String) {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        self.init(digits, radix: text.hasPrefix("0x") ? 16 : 10)
    }
}
