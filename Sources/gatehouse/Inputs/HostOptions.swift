import ArgumentParser
import Packets

/// The firewall that a capture or packet is put through, as the command line says it.
struct HostOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A snapshot of the firewall host: a folder, or an archive of one.", valueName: "dir"))
    var host: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "An address, or block of addresses, of the firewall itself.", valueName: "addr[/len]"))
    var local: [String] = []

    @Option(
        name: .customLong("in"),
        help: ArgumentHelp("The interface that packets arrive on.", valueName: "iface"))
    var inInterface: String?

    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("The interface that packets leave by.", valueName: "iface"))
    var outInterface: String?

    @Option(help: "The way of every packet: INPUT, FORWARD or OUTPUT.")
    var hook: PathChoice?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A kernel setting, such as net.ipv4.ip_forward=1.", valueName: "name=value"))
    var sysctl: [String] = []

    /// Those that a snapshot may hold.
    var files: [String] { host.map { path in [path] + SnapshotFiles.names.map { "\(path)/\($0)" } } ?? [] }

    /// Whose firewall it is, for a reader.
    /// - Parameter snapshot: what stood where rules stand.
    func words(snapshot: SnapshotFiles?) -> String {
        var parts: [String] = []
        if let folder = host ?? snapshot?.path { parts.append("the host of the snapshot \(folder)") }
        if !local.isEmpty { parts.append("the host with \(local.joined(separator: ", "))") }
        if let hook { parts.append("every packet takes the path \(hook.rawValue)") }
        if parts.isEmpty { parts.append("inferred from the captures") }
        if let inInterface { parts.append("packets arrive on \(inInterface)") }
        if let outInterface { parts.append("packets leave by \(outInterface)") }
        return (parts + sysctl).joined(separator: "; ")
    }

    /// What the kernel takes for an interface's name (`dev_valid_name`).
    static func checkInterface(_ name: String, of option: String) throws {
        let isOdd = name.isEmpty || name == "." || name == ".." || name.utf8.count > 15
        if isOdd || name.utf8.contains(where: { $0 <= 0x20 || "/:".utf8.contains($0) }) {
            throw Failure.input("\(option): \"\(name)\" can't be an interface's name")
        }
    }
}

enum PathChoice: String, CaseIterable, ExpressibleByArgument {
    case input = "INPUT"
    case forward = "FORWARD"
    case output = "OUTPUT"

    init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}
