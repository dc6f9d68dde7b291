internal import Conntrack
public import Engine
public import Packets

/// What the simulation and the kernel each say of one packet, in the same words, one of a kind a line.
public struct PacketComparison: Sendable {
    /// Name, what the simulation says, what the kernel says.
    public private(set) var differences: [(what: String, simulated: String, kernel: String)] = []

    private mutating func compare(_ what: String, _ simulated: String, _ kernel: String) {
        if simulated != kernel { differences.append((what, simulated, kernel)) }
    }

    /// - Parameters:
    ///   - outcome: the IP packet as it left or was delivered (`Firewall.outcome`); of fragments, the whole packet.
    ///   - tracks: whether the kernel was asked for the state.
    public init(
        _ traversal: TraversalResult, outcome: [UInt8]?, answer: HostAnswer?, _ kernel: KernelObservation,
        _ interfaces: InterfaceTable, tracks: Bool
    ) {
        let fate = PacketComparison.fate(traversal, interfaces)
        let kernelFate = PacketComparison.fate(kernel)
        compare("fate", fate, kernelFate)
        if tracks, kernel.state != nil || traversal.connectionState != nil, traversal.verdict != .stolen {
            compare("state", traversal.connectionState?.name ?? "none", kernel.state ?? "none")
        }
        if fate == "left", kernelFate == "left", let emission = kernel.emissions.first {
            let out = traversal.outInterface == .none ? "none" : interfaces.name(of: traversal.outInterface)
            compare("interface", out, emission.interface)
            // Over a port for which the kernel draws lots there is nothing to agree.
            if traversal.translationCertainty != .drawn,
                let whole = FragmentJoin.whole(kernel.emissions.map(\.bytes))
            {
                compare(outcome, whole)
            }
        }
        if fate == "delivered", kernelFate == "delivered", let bytes = kernel.delivered,
            traversal.translationCertainty != .drawn
        {
            compare(outcome, bytes)
        }
        compareAnswer(answer, kernel)
    }

    private mutating func compare(_ outcome: [UInt8]?, _ bytes: [UInt8]) {
        compare("packet", PacketComparison.words(outcome ?? []), PacketComparison.words(bytes))
    }

    private static func words(_ bytes: [UInt8]) -> String {
        family(bytes).flatMap { decode(bytes, $0) }.map(words) ?? "unreadable"
    }

    private mutating func compareAnswer(_ answer: HostAnswer?, _ kernel: KernelObservation) {
        // As it was made, before any rule saw it.
        let simulated = answer.flatMap { answer in
            PacketComparison.decode(answer.bytes, answer.packet.family).map {
                answer.message.name($0.family) + " " + PacketComparison.words($0)
            }
        }
        let made = kernel.answers.first.flatMap { bytes -> String? in
            guard let family = answer?.packet.family ?? PacketComparison.family(bytes),
                let packet = PacketComparison.decode(bytes, family)
            else { return nil }
            let name = answer?.message.name(family) ?? "answer"
            return name + " " + PacketComparison.words(packet)
        }
        compare("answer", simulated ?? "none", made ?? "none")
    }

    // MARK: Words

    private static func fate(_ traversal: TraversalResult, _ interfaces: InterfaceTable) -> String {
        switch traversal.verdict {
        case .accept:
            // What the host sends to itself comes in again.
            traversal.path == .input || interfaces.name(of: traversal.outInterface) == "lo"
                ? "delivered" : "left"
        case .drop, .reject, .queue: "ended in a table"
        case .routedAway where traversal.routedAwayReason == .notForUs: "not taken"
        // A way that mangle or nat made OUTPUT look for is looked for within the hook.
        case .routedAway: traversal.path == .output ? "ended in a table" : "ended by routing"
        case .stolen: "held"
        }
    }

    private static func fate(_ kernel: KernelObservation) -> String {
        if kernel.hooks.isEmpty { return "not taken" }
        // Of the host's own broadcasts, a copy comes back beside.
        if !kernel.emissions.isEmpty { return "left" }
        if kernel.delivered != nil { return "delivered" }
        // Defragmentation comes before every table, and behind the first probe.
        if kernel.endedIn != nil, kernel.isHeld { return "held" }
        return kernel.endedIn != nil ? "ended in a table" : "ended by routing"
    }

    private static func family(_ bytes: [UInt8]) -> AddressFamily? {
        switch bytes.first.map({ $0 >> 4 }) {
        case 4: .ipv4
        case 6: .ipv6
        default: nil
        }
    }

    private static func decode(_ bytes: [UInt8], _ family: AddressFamily) -> Packet? {
        var packet = Packet(family: family)
        let fault = PacketDecoder(checksAddressScope: false).decode(
            bytes.span.bytes, family: family, networkOffset: 0, originalLength: bytes.count, into: &packet)
        return fault == nil ? packet : nil
    }

    private static func words(_ packet: Packet) -> String {
        let (source, destination) = (
            IPAddress(family: packet.family, bits: packet.source),
            IPAddress(family: packet.family, bits: packet.destination)
        )
        let ports = packet.flags.contains(.hasPorts)
        return "\(packet.transportProtocol) \(source)\(ports ? ":\(packet.sourcePort)" : "") > "
            + "\(destination)\(ports ? ":\(packet.destinationPort)" : "") len \(packet.totalLength) "
            + "ttl \(packet.hopLimit) tos \(packet.trafficClass)"
    }
}
