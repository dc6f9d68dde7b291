import AddressSets
import Conntrack
import Diagnostics
import Engine
import KernelOracle
import Packets
import Replay
import Reports
import RuleModel

/// The same packets through the simulation and the kernel, and what they disagree about.
final class Verification {
    private let book: RuleBook
    private let backend: RuleBackend
    private let show: Int
    private var tried = 0
    private var skipped = 0
    private var differing = 0
    private var shown: [String] = []
    private var counters: [CounterComparison] = []
    private var connections: ConnectionComparison?
    private(set) var isInterrupted = false

    init(_ book: RuleBook, backend: RuleBackend, show: Int) {
        self.book = book
        self.backend = backend
        self.show = show
    }

    var hasTried: Bool { tried > 0 }
    var agrees: Bool {
        differing == 0 && counters.allSatisfy { $0.differences.isEmpty }
            && connections.map { $0.differences.isEmpty } ?? true
    }

    func run(_ session: inout ReplaySession, _ host: KernelHost) throws {
        Interruption.watch()
        session.replayer.firewall.keepsOutcome = true
        let sets = [book.ipv4, book.ipv6].lazy.compactMap { $0?.ruleSet.sets }.first
        let rules = KernelRules(
            ipv4: book.ipv4.map { SyntaxPrinter($0.ruleSet).text() },
            ipv6: book.ipv6.map { SyntaxPrinter($0.ruleSet).text() },
            sets: sets.map { SetPrinter($0).text() },
            backend: backend)
        let kernel = try KernelReplay(
            host, rules, tracksIPv4: book.ipv4?.needsConntrack ?? false,
            tracksIPv6: book.ipv6?.needsConntrack ?? false)
        defer { kernel.end() }
        while !Interruption.isAsked, let result = try session.next() {
            try compare(result, &session, kernel)
        }
        isInterrupted = Interruption.isAsked
        for family in [AddressFamily.ipv4, .ipv6] {
            guard let compiled = book.rules(family) else { continue }
            let own =
                family == .ipv4
                ? session.replayer.firewall.ipv4.counters : session.replayer.firewall.ipv6.counters
            counters.append(
                CounterComparison(
                    simulated: compiled.countersText(own), kernel: try kernel.savedRules(family)))
        }
        connections = try compareConnections(session, kernel)
    }

    private func compareConnections(
        _ session: borrowing ReplaySession, _ kernel: KernelReplay
    ) throws(KernelFailure) -> ConnectionComparison {
        let now = session.clock?() ?? Timestamp(nanoseconds: 0)
        return ConnectionComparison(
            simulated: ConnectionLines.text(of: session.replayer.firewall.connections, at: now),
            drawn: session.replayer.firewall.connections.drawnConnections(at: now),
            kernel: try kernel.connections(.ipv4) + kernel.connections(.ipv6))
    }

    private func compare(
        _ result: PacketResult, _ session: inout ReplaySession, _ kernel: KernelReplay
    ) throws(KernelFailure) {
        guard case .traversed(let traversal) = result.outcome, let item = session.current else {
            skipped += 1
            return
        }
        let packet = session.replayer.arrived
        let bytes = session.stream.withBytes { span in
            let start = Int(packet.networkOffset)
            let end = min(span.byteCount, start + Int(packet.totalLength))
            return span.extracting(start..<end).withUnsafeBytes { Array($0) }
        }
        // What a snapshot length cut isn't there to be sent; the kernel takes no packet for another host.
        guard bytes.count == Int(packet.totalLength), item.frame.originalLength >= packet.totalLength else {
            skipped += 1
            return
        }
        let observed: KernelObservation
        let metadata = result.metadata
        if metadata.inInterface == .none {
            observed = try kernel.send(bytes, family: packet.family)
        } else {
            let isGroup = metadata.packetType == .broadcast || metadata.packetType == .multicast
            observed = try kernel.arrive(
                bytes, family: packet.family, on: session.interfaces.name(of: metadata.inInterface),
                from: metadata.hasMACs ? metadata.sourceMAC : nil,
                group: isGroup && metadata.hasMACs ? metadata.destinationMAC : nil)
        }
        tried += 1
        let compiled = book.rules(packet.family)
        let comparison = PacketComparison(
            traversal, outcome: session.replayer.firewall.outcome, answer: session.replayer.firewall.answer,
            observed,
            session.interfaces, tracks: compiled?.needsConntrack ?? false)
        guard !comparison.differences.isEmpty else { return }
        differing += 1
        guard shown.count < show else { return }
        var text = "\(result.number) " + PacketText(book, interfaces: session.interfaces).words(result) + "\n"
        for difference in comparison.differences {
            text += "  \(difference.what): simulated \(difference.simulated)\n"
            text +=
                String(repeating: " ", count: difference.what.count + 4) + "kernel    \(difference.kernel)\n"
        }
        shown.append(text)
    }

    // MARK: Report

    func report(_ session: borrowing ReplaySession) -> String {
        var text = shown.map { $0 + "\n" }.joined()
        if differing > shown.count { text += "… and \(differing - shown.count) packets more\n\n" }
        for difference in counters.flatMap(\.differences).prefix(show) {
            text += "\(difference.place): simulated \(difference.simulated), kernel \(difference.kernel): "
            text += SafeText.line(difference.rule) + "\n"
        }
        let differences = connections?.differences ?? []
        for difference in differences.prefix(show) {
            text += "connection simulated \(SafeText.line(difference.simulated ?? "none"))\n"
            text += "           kernel    \(SafeText.line(difference.kernel ?? "none"))\n"
        }
        let total = counters.reduce(0) { $0 + $1.count }
        let wrong = counters.reduce(0) { $0 + $1.differences.count }
        text += "packets: \(tried) tried, \(tried - differing) agree, \(differing) differ"
        if skipped > 0 { text += " (\(skipped) frames were not sent: no IP, cut, or copies on the way out)" }
        text += "\ncounters: \(total) compared, \(total - wrong) agree, \(wrong) differ\n"
        if let connections {
            text += "connections: \(connections.count) compared, "
            text += "\(connections.count - differences.count) agree, \(differences.count) differ\n"
        }
        return text
    }
}
