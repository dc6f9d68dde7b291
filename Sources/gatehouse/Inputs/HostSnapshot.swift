import Conntrack
import Engine
import Foundation
import Packets

/// A host snapshot folder, read into what the engine simulates.
struct HostSnapshot {
    private(set) var interfaces: [HostInterface] = []
    /// Nil if the folder holds no routes.
    var routes: [Route]?
    /// Nil if the folder holds no rules that say which routes are looked up.
    var rules: [RoutingRule]?
    private(set) var sysctls: [(name: String, value: String)] = []
    /// What of the folder isn't simulated, as remarks to print.
    var remarks: [String] = []
    /// Tables of routes that have a name of their own.
    var tableNames: [String] = []

    /// The files that a snapshot may hold.
    static let fileNames = [
        "rules.v4", "rules.v6", "ipset.save", "addr.json", "route.json", "route6.json", "rule.json",
        "rule6.json", "sysctl.conf",
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
        try addRules(in: base, &table)
        if InputFile.exists(base + "sysctl.conf") {
            let text = String(decoding: try InputFile.read(base + "sysctl.conf"), as: UTF8.self)
            sysctls = SysctlText(text).values
        }
        guard
            !interfaces.isEmpty || routes != nil || !sysctls.isEmpty || rules != nil
                || InputFile.exists(base + "rules.v4") || InputFile.exists(base + "rules.v6")
        else {
            throw Failure.input(
                "\(folder) is no host snapshot: it has neither addr.json nor route.json nor rules")
        }
    }

    /// Nil if there is no such file.
    static func decode<Value: Decodable>(_ path: String) throws -> Value? {
        guard InputFile.exists(path) else { return nil }
        let data = Data(try InputFile.read(path))
        guard !data.allSatisfy({ $0 <= 0x20 }) else { return nil }
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch let fault as Failure {
            throw fault
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

    static func id(of name: String, in path: String, _ table: inout InterfaceTable) throws
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
}
