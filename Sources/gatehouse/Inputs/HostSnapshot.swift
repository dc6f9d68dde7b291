import Conntrack
import Engine
import Foundation
import Packets

/// A host snapshot folder, read into what the engine simulates.
struct HostSnapshot {
    private(set) var interfaces: [HostInterface] = []
    /// Nil if the folder holds no routes.
    private(set) var routes: [Route]?
    private(set) var sysctls: [(name: String, value: String)] = []
    /// What of the folder isn't simulated, as remarks to print.
    private(set) var remarks: [String] = []

    /// The files that a snapshot may hold.
    static let fileNames = [
        "rules.v4", "rules.v6", "ipset.save", "addr.json", "route.json", "route6.json", "rule.json",
        "sysctl.conf",
    ]

    private static let interfaceLimit = 4096

    init(folder: String, interfaces table: inout InterfaceTable) throws {
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        guard InputFile.isFolder(folder) else { throw Failure.input("\(folder) is no folder") }
        let links: [LinkJSON] = try HostSnapshot.decode(base + "addr.json") ?? []
        for link in links { try add(link, in: base + "addr.json", &table) }
        for name in ["route.json", "route6.json"] {
            guard let list: [RouteJSON] = try HostSnapshot.decode(base + name) else { continue }
            for route in list { try add(route, in: base + name, &table) }
        }
        if interfaces.isEmpty, routes != nil {
            remarks.append("the routes of \(folder) are not used: without addr.json, they have no interfaces")
        }
        let rules: [RoutingRuleJSON] = try HostSnapshot.decode(base + "rule.json") ?? []
        let others = rules.filter {
            !["local", "main", "default"].contains($0.table ?? "") || $0.src != "all"
        }
        if !others.isEmpty {
            remarks.append("\(others.count) policy routing rules of \(base)rule.json are not simulated")
        }
        if InputFile.exists(base + "sysctl.conf") {
            let text = String(decoding: try InputFile.read(base + "sysctl.conf"), as: UTF8.self)
            sysctls = SysctlText(text).values
        }
        guard
            !interfaces.isEmpty || routes != nil || !sysctls.isEmpty || !rules.isEmpty
                || InputFile.exists(base + "rules.v4") || InputFile.exists(base + "rules.v6")
        else {
            throw Failure.input(
                "\(folder) is no host snapshot: it has neither addr.json nor route.json nor rules")
        }
    }

    /// Nil if there is no such file.
    private static func decode<Value: Decodable>(_ path: String) throws -> Value? {
        guard InputFile.exists(path) else { return nil }
        let data = Data(try InputFile.read(path))
        guard !data.allSatisfy({ $0 <= 0x20 }) else { return nil }
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw Failure.input("\(path): \(place(context))no \"\(key.stringValue)\"")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw Failure.input("\(path): \(place(context))not of the kind that `ip -j` prints")
        } catch {
            throw Failure.input("\(path): \(JSONFault(data).text)")
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        guard let index = context.codingPath.first?.intValue else { return "" }
        return "entry \(index + 1): "
    }

    private static func id(of name: String, in path: String, _ table: inout InterfaceTable) throws
        -> InterfaceID
    {
        let id = table.id(of: name)
        guard table.count <= interfaceLimit else {
            throw Failure.input("\(path): over \(interfaceLimit) interfaces")
        }
        return id
    }

    private mutating func add(_ link: LinkJSON, in path: String, _ table: inout InterfaceTable) throws {
        guard let name = link.ifname, link.flags.map({ $0.contains("UP") }) ?? true else { return }
        var interface = HostInterface(name: name, id: try HostSnapshot.id(of: name, in: path, &table))
        interface.isLoopback = link.linkType == "loopback" || link.flags?.contains("LOOPBACK") ?? false
        interface.mac =
            link.linkType == "ether" || link.linkType == nil ? link.address.flatMap(MACAddress.init) : nil
        interface.mtu = UInt32(clamping: link.mtu ?? 1500)
        for info in link.addrInfo ?? [] {
            guard let text = info.local else { continue }
            guard let address = IPAddress(text), let length = info.prefixlen,
                length >= 0, length <= address.family.bitWidth
            else {
                throw Failure.input(
                    "\(path): \(name): \(text)/\(info.prefixlen.map(String.init) ?? "") is no address and prefix length"
                )
            }
            interface.addresses.append(
                InterfaceAddress(
                    address, prefixLength: length, broadcast: info.broadcast.flatMap { IPAddress($0) },
                    isSecondary: info.secondary ?? false, isGlobal: info.scope ?? "global" == "global"))
        }
        interfaces.append(interface)
    }

    private mutating func add(_ json: RouteJSON, in path: String, _ table: inout InterfaceTable) throws {
        let kinds: [String: RouteTableKind] = ["local": .local, "main": .main, "default": .default]
        let names: [String: String] = ["255": "local", "254": "main", "253": "default"]
        let tableName = json.table ?? "main"
        if routes == nil { routes = [] }
        guard let kind = kinds[names[tableName] ?? tableName] else {
            let remark = "routes of the table \(tableName) are not simulated"
            if !remarks.contains(remark) { remarks.append(remark) }
            return
        }
        guard let type = HostSnapshot.types[json.type ?? "unicast"] else { return }
        let isIPv6 =
            path.hasSuffix("route6.json") || json.dst.contains(":") || json.gateway?.contains(":") ?? false
        guard let prefix = HostSnapshot.prefix(json.dst, isIPv6: isIPv6) else {
            throw Failure.input("\(path): \"\(json.dst)\" is no destination")
        }
        let device = json.dev ?? json.nexthops?.first?.dev ?? ""
        let gateway = json.gateway ?? json.nexthops?.first?.gateway
        let route = Route(
            prefix, type: type, outInterface: try HostSnapshot.id(of: device, in: path, &table),
            hasGateway: gateway != nil,
            gateway: gateway.flatMap { IPAddress($0) }.flatMap {
                $0.family == prefix.address.family ? $0 : nil
            },
            preferredSource: json.prefsrc.flatMap { IPAddress($0) },
            metric: UInt32(clamping: json.metric ?? 0), table: kind)
        // `ip -j route show table all` mixes routes of both families into either file.
        if routes?.contains(route) != true { routes?.append(route) }
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
}
