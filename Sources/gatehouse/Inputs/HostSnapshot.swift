import Conntrack
import Engine
import Foundation
import Packets

/// A host snapshot, read into what the engine simulates.
struct HostSnapshot {
    private(set) var interfaces: [HostInterface] = []
    /// Nil if it holds no routes.
    var routes: [Route]?
    /// Nil if it holds no rules that say which routes are looked up.
    var rules: [RoutingRule]?
    private(set) var sysctls: [(name: String, value: String)] = []
    /// What of it isn't simulated, as remarks to print.
    var remarks: [String] = []
    /// Tables of routes that have a name of their own.
    var tableNames: [String] = []

    private static let interfaceLimit = 4096

    init(_ files: SnapshotFiles, interfaces table: inout InterfaceTable) throws {
        let links: [LinkJSON] = try HostSnapshot.decode("addr.json", files) ?? []
        for link in links { try add(link, in: files.path(of: "addr.json"), &table) }
        for link in try HostSnapshot.decode("maddr.json", files) as [GroupsJSON]? ?? [] { join(link) }
        for name in ["route.json", "route6.json"] {
            guard let list: [RouteJSON] = try HostSnapshot.decode(name, files) else { continue }
            for route in list { try add(route, in: files.path(of: name), &table) }
        }
        if interfaces.isEmpty, routes != nil {
            remarks.append(
                "the routes of \(files.path) are not used: without addr.json, they have no interfaces")
        }
        try addRules(files, &table)
        if let bytes = try files.read("sysctl.conf") {
            sysctls = SysctlText(String(decoding: bytes, as: UTF8.self)).values
        }
        if let bytes = try files.read("snapshot.txt") { note(String(decoding: bytes, as: UTF8.self)) }
        guard
            !interfaces.isEmpty || routes != nil || !sysctls.isEmpty || rules != nil
                || files.has("rules.v4") || files.has("rules.v6")
        else {
            throw Failure.input(
                "\(files.path) is no host snapshot: it has neither addr.json nor route.json nor rules")
        }
    }

    private static let noteLimit = 20

    /// What `gatehouse snapshot` had to say when it was made.
    private mutating func note(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        for line in lines.filter({ $0.hasPrefix("note ") }).prefix(HostSnapshot.noteLimit) {
            remarks.append("the snapshot says: \(line.dropFirst(5))")
        }
        for line in lines.filter({ $0.hasPrefix("missing ") }).prefix(HostSnapshot.noteLimit) {
            remarks.append("the snapshot has no \(line.dropFirst(8))")
        }
    }

    /// Nil if there is no such file.
    static func decode<Value: Decodable>(_ name: String, _ files: SnapshotFiles) throws -> Value? {
        guard let bytes = try files.read(name) else { return nil }
        let (data, path) = (Data(bytes), files.path(of: name))
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

    private mutating func join(_ groups: GroupsJSON) {
        guard let index = interfaces.firstIndex(where: { $0.name == groups.ifname }) else { return }
        // Others are Ethernet's own group addresses.
        interfaces[index].joinedMulticast = (groups.maddr ?? []).compactMap {
            $0.address.flatMap { IPAddress($0) }
        }
    }
}
