import Engine
import Packets

/// The lines of a golden that describe the host, in the words of `ip`.
extension TraversalGolden {
    /// `[-6] [table N] [TYPE] PREFIX [tos N] [metric N] [mtu N] [nexthop] [via ADDRESS] [dev NAME] …`
    static func routes(_ words: [String], _ table: inout InterfaceTable) -> [Route] {
        var words = words.filter { $0 != "-6" }
        var id = RouteTableID.main
        if let place = words.firstIndex(of: "table") {
            id = RouteTableID(rawValue: UInt32(words[place + 1])!)
            words.removeSubrange(place...place + 1)
        }
        let types: [String: RouteType] = [
            "unreachable": .unreachable, "prohibit": .prohibit, "blackhole": .blackhole, "throw": .throw,
            "local": .local,
        ]
        let type = types[words[0]] ?? .unicast
        if types[words[0]] != nil { words.removeFirst() }
        var ways = words.split(separator: "nexthop").map(Array.init)
        let common = ways[0]
        if ways.count > 1 { ways.removeFirst() }
        return ways.map { way in
            let gateway = value("via", way).flatMap { IPAddress($0) }
            let isIPv6 = words[0].contains(":") || gateway?.family == .ipv6
            let prefix =
                words[0] == "default"
                ? IPPrefix(isIPv6 ? .v6(0) : .v4(0), length: 0) : prefix(words[0])
            var route = Route(
                prefix, type: type, outInterface: value("dev", way).map { table.id(of: $0) } ?? .none,
                gateway: gateway, metric: value("metric", common).flatMap { UInt32($0) } ?? 0, table: id)
            route.typeOfService = value("tos", common).map { UInt8($0.dropFirst(2), radix: 16)! } ?? 0
            route.mtu = value("mtu", common).flatMap { UInt32($0) }
            route.isOneOfMany = ways.count > 1
            return route
        }
    }

    /// `[-6] pref N [ACTION] [not] [from PREFIX] [to PREFIX] [iif NAME] [fwmark N/N] [tos N] [ipproto NAME] [sport N-N] …`
    static func rule(_ words: [String], _ table: inout InterfaceTable) -> RoutingRule {
        let priority = UInt32(value("pref", words)!)!
        let actions: [String: RoutingRule.Action] = [
            "unreachable": .unreachable, "prohibit": .prohibit, "blackhole": .blackhole,
        ]
        var action = words.lazy.compactMap { actions[$0] }.first
        if let target = value("goto", words) { action = .goto(UInt32(target)!) }
        let tables = ["main": RouteTableID.main.rawValue]
        var rule = RoutingRule(
            words[0] == "-6" ? .ipv6 : .ipv4, priority: priority,
            action
                ?? .lookUp(RouteTableID(rawValue: value("table", words).map { tables[$0] ?? UInt32($0)! }!)))
        rule.isInverted = words.contains("not")
        rule.source = value("from", words).map { prefix($0) }
        rule.destination = value("to", words).map { prefix($0) }
        rule.inInterface = value("iif", words).map { table.id(of: $0) }
        if let mark = value("fwmark", words) {
            let parts = mark.split(separator: "/").map { number(String($0)) }
            rule.mark = parts[0]
            rule.markMask = parts.count > 1 ? parts[1] : .max
        }
        rule.typeOfService = value("tos", words).map { UInt8(number($0)) }
        rule.transportProtocol = value("ipproto", words).flatMap { IPProtocol(name: $0) }
        rule.sourcePorts = value("sport", words).map { ports($0) }
        rule.destinationPorts = value("dport", words).map { ports($0) }
        rule.suppressedLength = value("suppress_prefixlength", words).flatMap { Int($0) }
        return rule
    }

    /// `net.ipv4.conf.all.NAME` for every interface.
    static func set(_ name: String, to value: UInt32, in sysctls: inout InterfaceSysctls) {
        switch name {
        case "net.ipv4.conf.all.rp_filter": sysctls.reversePathFilter = UInt8(value)
        case "net.ipv4.conf.all.src_valid_mark": sysctls.filtersReversePathByMark = value != 0
        case "net.ipv4.conf.all.send_redirects":
            sysctls.sendsRedirects = value != 0
            sysctls.makesRedirects = value != 0
        case "net.ipv4.conf.all.accept_local": sysctls.acceptsLocalSources = value != 0
        case "net.ipv4.conf.all.route_localnet": sysctls.routesLoopbackAddresses = value != 0
        default: break
        }
    }

    private static func value(_ name: String, _ words: [String]) -> String? {
        words.firstIndex(of: name).map { words[$0 + 1] }
    }

    private static func prefix(_ text: String) -> IPPrefix {
        IPPrefix(text) ?? IPAddress(text).map { IPPrefix($0, length: $0.family.bitWidth) }!
    }

    private static func number(_ text: String) -> UInt32 {
        text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16)! : UInt32(text)!
    }

    private static func ports(_ text: String) -> ClosedRange<UInt16> {
        let ends = text.split(separator: "-").map { UInt16($0)! }
        return ends[0]...ends[ends.count - 1]
    }
}
