import ArgumentParser
import Packets

/// The firewall that a capture or packet is put through, as the command line says it.
struct HostOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A snapshot folder of the firewall host.", valueName: "dir"))
    var host: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("An address, or block of addresses, of the firewall itself.", valueName: "addr[/len]"))
    var local: [String] = []

    @Option(name: .customLong("in"), help: ArgumentHelp("The interface that packets arrive on.", valueName: "iface"))
    var inInterface: String?

    @Option(name: .customLong("out"), help: ArgumentHelp("The interface that packets leave by.", valueName: "iface"))
    var outInterface: String?

    @Option(help: "The way of every packet: INPUT, FORWARD or OUTPUT.")
    var hook: PathChoice?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A kernel setting, such as net.ipv4.ip_forward=1.", valueName: "name=value"))
    var sysctl: [String] = []
}

enum PathChoice: String, CaseIterable, ExpressibleByArgument {
    case input = "INPUT"
    case forward = "FORWARD"
    case output = "OUTPUT"

    init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}
