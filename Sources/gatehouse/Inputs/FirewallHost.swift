import Engine
import Packets
import Replay

/// The firewall host of a command: what a snapshot and the options say of it, or what a capture lets guess.
struct FirewallHost {
    var host: SimulatedHost
    var fixedPath: FixedPath?
    var sysctls = SysctlSettings()
    /// Interfaces that options and the snapshot name.
    var interfaces: InterfaceTable
    /// What the user said of interfaces for frames whose capture says nothing.
    var inInterface = InterfaceID.none
    /// Nobody described the host, so it has to be inferred.
    var needsInference: Bool
    /// The host was inferred from captures.
    private(set) var isInferred = false
    var remarks: [String] = []

    /// - Parameter snapshot: what stood where rules stand, the host unless `--host` names another.
    init(_ options: HostOptions, snapshot: SnapshotFiles?) throws {
        if let name = options.inInterface { try HostOptions.checkInterface(name, of: "--in") }
        if let name = options.outInterface { try HostOptions.checkInterface(name, of: "--out") }
        var table = InterfaceTable()
        if let name = options.inInterface { inInterface = table.id(of: name) }
        var out = InterfaceID.none
        if let name = options.outInterface { out = table.id(of: name) }
        var folder: HostSnapshot?
        if let path = options.host {
            guard let files = try SnapshotFiles(path) else {
                throw Failure.input(
                    "\(path) is no \(InputFile.exists(path) ? "folder, nor an archive of one" : "folder")")
            }
            folder = try HostSnapshot(files, interfaces: &table)
        } else if let snapshot {
            folder = try HostSnapshot(snapshot, interfaces: &table)
        }
        interfaces = table
        remarks = folder?.remarks ?? []
        for (name, value) in folder?.sysctls ?? [] { _ = try sysctls.set(name, to: value) }
        for setting in options.sysctl {
            let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Failure.input("--sysctl \(setting): write NAME=VALUE") }
            guard try sysctls.set(parts[0], to: parts[1]) else {
                throw Failure.input("--sysctl \(parts[0]): not a setting that the simulation knows")
            }
        }
        if let path = options.hook {
            let paths: [PathChoice: PacketPath] = [.input: .input, .forward: .forward, .output: .output]
            fixedPath = FixedPath(paths[path]!, outInterface: out)
        }

        if let folder, !folder.interfaces.isEmpty {
            guard options.local.isEmpty else {
                throw Failure.input(
                    "--local: the snapshot's addr.json says which addresses the host has; leave out one of the two"
                )
            }
            var described = folder.interfaces
            for index in described.indices {
                described[index].sysctls = sysctls.settings(of: described[index].name)
            }
            host = SimulatedHost(
                interfaces: described, routes: folder.routes ?? SimulatedHost.connectedRoutes(of: described),
                rules: folder.rules, defaultOutInterface: out, forwardsIPv6: sysctls.forwardsIPv6,
                settings: sysctls.host)
            needsInference = false
        } else {
            let local = try options.local.map { try FirewallHost.address($0) }
            host = SimulatedHost(localAddresses: local, outInterface: out)
            needsInference = local.isEmpty && fixedPath == nil
        }
    }

    private static func address(_ text: String) throws -> InterfaceAddress {
        if let address = IPAddress(text) {
            return InterfaceAddress(address, prefixLength: address.family.bitWidth)
        }
        // The address before the slash is the host's; the block tells which broadcasts are its own.
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]),
            length >= 0, length <= address.family.bitWidth
        else { throw Failure.input("--local \(text): write an address, or an address and a prefix length") }
        return InterfaceAddress(address, prefixLength: length)
    }

    /// Takes over what captures let guess, and says so.
    /// - Parameter segmentNames: the interfaces that the inference knew by number; nil where nobody named it.
    mutating func adopt(_ conclusion: HostInference.Conclusion, segmentNames: [String?]) {
        needsInference = false
        isInferred = true
        let confidence = conclusion.confidence.rawValue
        switch conclusion.kind {
        case .endpoint(let addresses, let mac):
            let own = addresses.map { InterfaceAddress($0, prefixLength: $0.family.bitWidth) }
            let interface = HostInterface(
                name: interfaces.name(of: inInterface), id: inInterface, mac: mac, addresses: own)
            host = SimulatedHost(
                interfaces: [interface], routes: nil, defaultOutInterface: host.defaultOutInterface)
            remarks.append(
                "the firewall is taken for the host with \(FirewallHost.list(addresses)) (\(confidence)): "
                    + conclusion.reason)
        case .router(let addresses, let macs):
            let own = addresses.map { InterfaceAddress($0, prefixLength: $0.family.bitWidth) }
            var described = macs.sorted { $0.key < $1.key }.map { segment, mac in
                let name = segmentNames[segment]
                return HostInterface(
                    name: name ?? "", id: name.map { interfaces.id(of: $0) } ?? inInterface, mac: mac)
            }
            if described.isEmpty { described = [HostInterface(name: "", id: .none)] }
            described[0].addresses = own
            host = SimulatedHost(
                interfaces: described, routes: nil, defaultOutInterface: host.defaultOutInterface)
            let name = addresses.isEmpty ? "a router" : "a router with \(FirewallHost.list(addresses))"
            remarks.append("the firewall is taken for \(name) (\(confidence)): \(conclusion.reason)")
        case .unknown:
            remarks.append("whose capture this is can't be told: \(conclusion.reason)")
        }
        remarks.append(
            "to say it yourself: --host DIR, --local ADDR, --hook INPUT|FORWARD|OUTPUT, --in and --out")
    }

    private static func list(_ addresses: [IPAddress]) -> String {
        addresses.prefix(6).map(\.description).joined(separator: ", ") + (addresses.count > 6 ? " …" : "")
    }
}
