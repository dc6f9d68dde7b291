import Engine
import Packets

/// Routes, and the rules that say which tables of them are asked.
extension HostSnapshot {
    mutating func add(_ json: RouteJSON, in path: String, _ table: inout InterfaceTable) throws {
        if routes == nil { routes = [] }
        let id = tableID(json.table ?? "main")
        guard let type = HostSnapshot.types[json.type ?? "unicast"] else { return }
        if json.from != nil {
            remark("routes for packets from certain sources (\"from\") are not simulated")
            return
        }
        let isIPv6 =
            path.hasSuffix("route6.json") || json.dst.contains(":") || json.gateway?.contains(":") ?? false
        guard let prefix = HostSnapshot.prefix(json.dst, isIPv6: isIPv6) else {
            throw Failure.input("\(path): \"\(json.dst)\" is no destination")
        }
        guard !(json.flags ?? []).contains("dead") else { return }
        let hops = (json.nexthops ?? []).filter { !($0.flags ?? []).contains("dead") }
        let ways =
            hops.isEmpty ? [(json.dev, json.gateway)] : hops.map { ($0.dev ?? json.dev, $0.gateway) }
        for (device, gateway) in ways {
            var route = Route(
                prefix, type: type, outInterface: try HostSnapshot.id(of: device ?? "", in: path, &table),
                hasGateway: gateway != nil,
                gateway: gateway.flatMap { IPAddress($0) }.flatMap {
                    $0.family == prefix.address.family ? $0 : nil
                },
                preferredSource: json.prefsrc.flatMap { IPAddress($0) },
                metric: UInt32(clamping: json.metric ?? 0), table: id)
            route.typeOfService = json.tos.flatMap { UInt8(rulesText: $0) } ?? 0
            route.mtu = json.metrics?.lazy.compactMap(\.mtu).first.map { UInt32(clamping: $0) }
            route.isOneOfMany = ways.count > 1
            // `ip -j route show table all` mixes routes of both families into either file.
            if routes?.contains(route) != true { routes?.append(route) }
        }
    }

    /// A name stands for a number that no other table has.
    private mutating func tableID(_ name: String) -> RouteTableID {
        switch name {
        case "local": return .local
        case "main": return .main
        case "default": return .default
        default: break
        }
        if let number = UInt32(rulesText: name) { return RouteTableID(rawValue: number) }
        let index = tableNames.firstIndex(of: name) ?? tableNames.count
        if index == tableNames.count { tableNames.append(name) }
        return RouteTableID(rawValue: 0x4000_0000 + UInt32(index))
    }

    private mutating func remark(_ text: String) {
        if !remarks.contains(text) { remarks.append(text) }
    }

    private static let types: [String: RouteType] = [
        "unicast": .unicast, "local": .local, "broadcast": .broadcast, "anycast": .anycast,
        "multicast": .multicast,
        "blackhole": .blackhole, "unreachable": .unreachable, "prohibit": .prohibit, "throw": .throw,
    ]

    private static func prefix(_ text: String, isIPv6: Bool) -> IPPrefix? {
        if text == "default" { return IPPrefix(isIPv6 ? .v6(0) : .v4(0), length: 0) }
        if let prefix = IPPrefix(text) { return prefix }
        return IPAddress(text).map { IPPrefix($0, length: $0.family.bitWidth) }
    }

    // MARK: Rules

    /// `rule.json` has the rules of IPv4. It may have those of IPv6 too, behind them: rules come by priority, and the second
    /// list begins where priorities do again.
    mutating func addRules(_ files: SnapshotFiles, _ table: inout InterfaceTable) throws {
        for (name, first) in [("rule.json", AddressFamily.ipv4), ("rule6.json", .ipv6)] {
            guard let list: [RoutingRuleJSON] = try HostSnapshot.decode(name, files) else { continue }
            if rules == nil { rules = [] }
            var family = first
            var last: UInt32 = 0
            for (index, json) in list.enumerated() {
                do {
                    let priority = try json.priority
                    if priority < last { family = .ipv6 }
                    last = priority
                    let own = try json.family ?? family
                    let rule = try json.rule(own) {
                        tableID($0)
                    } interface: {
                        try HostSnapshot.id(of: $0, in: files.path(of: name), &table)
                    }
                    if rules?.contains(rule) != true { rules?.append(rule) }
                } catch RoutingRuleJSON.Fault.notSimulated(let what) {
                    remark("policy routing rules with \"\(what)\" are not simulated")
                } catch RoutingRuleJSON.Fault.unreadable(let what) {
                    throw Failure.input(
                        "\(files.path(of: name)): entry \(index + 1): \(what) isn't what `ip -j rule` prints")
                }
            }
        }
    }
}
