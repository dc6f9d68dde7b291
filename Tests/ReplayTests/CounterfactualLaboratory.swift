import Diagnostics
import Engine
import Extensions
import Packets
import Replay
import RuleModel

/// Packets between a client and a server through a router. Its rules drop what comes with a TTL of 10, answer one of 20
/// with a reset, one of 30 with an ICMP error, and accept the rest; some translate.
struct CounterfactualLaboratory: ~Copyable {
    enum Fate: UInt8 {
        case passes = 64
        case dropped = 10
        case reset = 20
        case refused = 30
    }

    static let client = IPAddress.v4(0xc000_0205)
    static let server = IPAddress.v4(0xc633_6407)
    static let router = IPAddress.v4(0xc633_6401)

    private static let filter = """
        *filter
        :FORWARD ACCEPT
        -A FORWARD -m ttl --ttl-eq 9 -j DROP
        -A FORWARD -m ttl --ttl-eq 19 -p tcp -j REJECT --reject-with tcp-reset
        -A FORWARD -m ttl --ttl-eq 29 -j REJECT
        -A FORWARD -m conntrack --ctstate RELATED
        COMMIT

        """
    private static let nat = """
        *nat
        -A POSTROUTING -p tcp -j SNAT --to-source 198.51.100.1
        COMMIT

        """

    var replayer: Replayer
    /// Of each packet, the one to blame.
    private(set) var blames: [UInt64?] = []

    init(translates: Bool = false) throws {
        var interfaces = InterfaceTable()
        let text = CounterfactualLaboratory.filter + (translates ? CounterfactualLaboratory.nat : "")
        let (rules, diagnostics) = RuleSetBuilder(catalogue: .standard, family: .ipv4)
            .build(SourceFile(name: "rules", text: text))
        guard let rules else { throw Failure(text: "\(diagnostics.map(\.message))") }
        let compiled = RuleCompiler.compile(rules, interfaces: &interfaces)
        let lan = interfaces.id(of: "lan")
        let wan = interfaces.id(of: "wan")
        let ends = [
            HostInterface(
                name: "lan", id: lan, addresses: [InterfaceAddress(.v4(0xc000_0201), prefixLength: 24)]),
            HostInterface(
                name: "wan", id: wan,
                addresses: [InterfaceAddress(CounterfactualLaboratory.router, prefixLength: 24)]),
        ]
        let host = SimulatedHost(
            interfaces: ends, routes: SimulatedHost.connectedRoutes(of: ends), forwardsIPv6: true)
        var firewall = Firewall(host: host, ipv4: compiled, ipv6: nil)
        firewall.admit(interfaces)
        replayer = Replayer(
            firewall,
            roles: [
                CaptureRole(name: "lan", interface: lan, mode: .arriving),
                CaptureRole(name: "wan", interface: wan, mode: .arriving),
                CaptureRole(name: "own", interface: wan, mode: .sentByHost),
            ])
        replayer.counterfactuals = CounterfactualTracker()
    }

    struct Failure: Error { var text: String }

    mutating func send(
        _ transport: PacketBuilder.Transport, from source: IPAddress = client,
        to destination: IPAddress = server,
        _ fate: Fate = .passes, identification: UInt32 = 0, fragment: (offset: UInt16, isMore: Bool)? = nil,
        isOwn: Bool = false
    ) {
        var packet = PacketBuilder(source: source, destination: destination, transport)
        packet.hopLimit = fate.rawValue
        packet.identification = identification
        packet.fragmentOffset = fragment?.offset ?? 0
        packet.moreFragments = fragment?.isMore ?? false
        let bytes = packet.bytes()
        let number = UInt64(blames.count + 1)
        let frame = Frame(
            timestamp: Timestamp(nanoseconds: Int64(number) * 1_000_000), originalLength: UInt32(bytes.count),
            linkType: .raw)
        let capture = isOwn ? 2 : source == CounterfactualLaboratory.client ? 0 : 1
        let result = replayer.process(frame, bytes.span.bytes, capture: capture, frameNumber: number)
        blames.append(result.counterfactual)
    }

    /// One segment of the client's.
    mutating func ask(
        _ flags: TCPFlags, _ sequence: UInt32, ack: UInt32 = 0, _ payload: String = "",
        _ fate: Fate = .passes,
        port: UInt16 = 80, from: UInt16 = 40_000, window: UInt16 = 1000
    ) {
        let segment = PacketBuilder.TCPSegment(
            from: from, to: port, flags: flags, sequence: sequence, acknowledgement: ack, window: window,
            payload: Array(payload.utf8))
        send(.tcp(segment), fate)
    }

    /// One of the server's.
    mutating func answer(
        _ flags: TCPFlags, _ sequence: UInt32, ack: UInt32 = 0, _ payload: String = "",
        _ fate: Fate = .passes,
        port: UInt16 = 80, to: UInt16 = 40_000, at destination: IPAddress = client, window: UInt16 = 1000
    ) {
        let segment = PacketBuilder.TCPSegment(
            from: port, to: to, flags: flags, sequence: sequence, acknowledgement: ack, window: window,
            payload: Array(payload.utf8))
        send(.tcp(segment), from: CounterfactualLaboratory.server, to: destination, fate)
    }

    mutating func handshake(_ syn: Fate = .passes, port: UInt16 = 80) {
        ask(.syn, 99, "", syn, port: port)
        answer([.syn, .ack], 499, ack: 100, port: port)
        ask(.ack, 100, ack: 500, port: port)
    }

    mutating func datagram(
        _ payload: [UInt8], port: UInt16, fromServer: Bool = false, _ fate: Fate = .passes,
        identification: UInt32 = 0
    ) {
        let ports: (UInt16, UInt16) = fromServer ? (port, 40_000) : (40_000, port)
        let datagram = PacketBuilder.UDPDatagram(from: ports.0, to: ports.1, payload: payload)
        let ends = (CounterfactualLaboratory.client, CounterfactualLaboratory.server)
        send(
            .udp(datagram), from: fromServer ? ends.1 : ends.0, to: fromServer ? ends.0 : ends.1, fate,
            identification: identification)
    }
}
