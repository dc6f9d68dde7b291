import Engine
import KernelOracle
import Packets

/// What happened to a packet, in the words of a measurement: a line `= FATE, STATE`, then, indented, what the packet was
/// turned into and what the host answered.
struct MeasuredOutcome {
    private let step: Measurement.Step
    private let sent: [UInt8]

    init(_ step: Measurement.Step, sent: [UInt8]) {
        self.step = step
        self.sent = sent
    }

    func lines(_ observed: KernelObservation) -> [String] {
        var fate = "dropped by routing"
        var outcome: [UInt8]?
        if observed.hooks.isEmpty {
            fate = "not taken"
        } else if let emission = observed.emissions.first {
            fate = "left \(emission.interface)"
            if observed.emissions.count == 1 { outcome = emission.bytes }
        } else if let delivered = observed.delivered {
            fate = "delivered"
            outcome = delivered
        } else if observed.endedIn != nil {
            fate = observed.isHeld ? "held" : "dropped"
        } else if isFragment {
            // Reassembly on the way to INPUT.
            fate = "held"
        }
        let state = observed.isHeld ? nil : observed.state
        var lines = lines(fate, state, outcome, observed.answers.first)
        if observed.emissions.count > 1 { lines.append("  in \(observed.emissions.count) pieces") }
        return lines
    }

    private var isFragment: Bool { sent[0] >> 4 == 4 && (sent[6] & 0x3f != 0 || sent[7] != 0) }

    /// - Parameter outcome: `Firewall.outcome`.
    func lines(
        _ result: TraversalResult, _ outcome: [UInt8]?, _ answer: HostAnswer?, _ interfaces: InterfaceTable
    ) -> [String] {
        let out = interfaces.name(of: result.outInterface)
        let isDelivered = result.path == .input || out == "lo"
        let fate =
            switch result.verdict {
            case .accept: isDelivered ? "delivered" : "left \(out)"
            case .drop, .reject, .queue: "dropped"
            case .routedAway where result.routedAwayReason == .notForUs: "not taken"
            // Where OUTPUT looks for another way, it is the hook that drops.
            case .routedAway: result.path == .output ? "dropped" : "dropped by routing"
            case .stolen: "held"
            }
        return lines(fate, result.connectionState?.name, outcome, answer?.bytes)
    }

    /// In how many pieces a packet leaves is not simulated, nor what they are.
    static func agree(_ simulated: [String], _ expected: [String]) -> Bool {
        let isInPieces = expected.contains { $0.hasPrefix("  in ") }
        return isInPieces ? simulated.first == expected.first : simulated == expected
    }

    private func lines(
        _ fate: String, _ state: String?, _ outcome: [UInt8]?, _ answer: [UInt8]?
    ) -> [String] {
        var lines = ["= \(fate)" + (state.map { ", \($0)" } ?? "")]
        if let outcome, let words = words(outcome, isAnswer: false),
            words != self.words(sent, isAnswer: false)
        {
            lines.append("  as \(words)")
        }
        if let answer, let words = words(answer, isAnswer: true) { lines.append("  answered \(words)") }
        return lines
    }

    private func words(_ bytes: [UInt8], isAnswer: Bool) -> String? {
        guard let first = bytes.first, let family = AddressFamily(rawValue: first >> 4) else { return nil }
        var packet = Packet(family: family)
        let fault = PacketDecoder(checksAddressScope: false).decode(
            bytes.span.bytes, family: family, networkOffset: 0, originalLength: bytes.count, into: &packet)
        guard fault == nil else { return nil }
        var description = PacketDescription(packet)
        // Forwarding takes one from the hop limit; the kernel draws the identification of what the host sends.
        if !isAnswer { description.hopLimit = 64 }
        if isAnswer || step.interface == nil { description.identification = 0 }
        if isAnswer, packet.transportProtocol == .tcp {
            description.tcpSequence = packet.tcpSequence
            description.tcpAcknowledgement = packet.tcpAcknowledgement
        }
        guard !isAnswer, let drawn = step.drawn, let port = description.sourcePort, drawn.contains(port)
        else {
            return "\(description)"
        }
        return "\(description)".replacing(
            ":\(port) >", with: ":\(drawn.lowerBound)-\(drawn.upperBound) >")
    }
}
