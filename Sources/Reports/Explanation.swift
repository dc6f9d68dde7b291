import Conntrack
import Diagnostics
public import Engine
public import Packets
public import Replay
import RuleModel

/// One packet's way, rule by rule, and why each rule did or didn't match.
public struct Explanation {
    private let book: RuleBook
    private let interfaces: InterfaceTable

    public init(_ book: RuleBook, interfaces: InterfaceTable) {
        self.book = book
        self.interfaces = interfaces
    }

    /// - Parameters:
    ///   - packet: the packet in words.
    ///   - result: its fate.
    ///   - trace: of the same packet.
    public func text(_ packet: String, _ result: PacketResult, _ trace: RuleTrace) -> String {
        var lines = [SafeText.line(packet)]
        guard let traversal = result.traversal else {
            return lines[0] + "\n" + result.verdictName + (result.reason.map { ": \($0)" } ?? "") + "\n"
        }
        lines += way(trace, result)
        lines += ["", verdict(traversal, result.packet.family)]
        if let translation = traversal.translation { lines.append(words(of: translation, result.packet)) }
        lines += trace.expectations.map(\.words)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Why a rule didn't decide: what the packet did at it.
    public func whyNot(
        _ wanted: RuleID, _ name: String, _ result: PacketResult, _ trace: RuleTrace
    ) -> String {
        let family = result.packet.family
        let met = trace.events.filter { $0.rule == wanted }
        let place = book.location(of: wanted, family)
        let name = SafeText.line(place.number == nil ? place.words : name)
        guard let event = met.last else {
            guard let traversal = result.traversal else { return "\(name): the packet met no rules\n" }
            return
                "\(name) was not reached\(cause(traversal, of: wanted, trace, family)). \(verdict(traversal, family))\n"
        }
        let why = reason(event, result)
        switch event.outcome {
        case .hit:
            let verb = place.number == nil ? "decided" : "matched"
            return "\(name) \(verb): \(SafeText.line(book.action(of: wanted, family)))\n"
        case .miss: return "\(name) didn't match: \(why)\n"
        case .hotdrop: return "\(name) dropped the packet on the spot: \(why)\n"
        }
    }

    /// What the verdict doesn't tell of a rule that wasn't reached.
    private func cause(
        _ traversal: TraversalResult, of wanted: RuleID, _ trace: RuleTrace, _ family: AddressFamily
    ) -> String {
        let place = book.location(of: wanted, family)
        let met = Set(trace.events.map { book.location(of: $0.rule, family).table })
        if place.table == .nat, !met.contains(.nat), let state = traversal.connectionState {
            if state == .invalid || state == .untracked {
                return ": the table nat passes over packets in state \(state.name)"
            }
            if state != .new { return ": only the first packet of a connection meets the table nat" }
        }
        if let hook = place.hook, let path = traversal.path, !path.hooks.contains(hook) {
            return ": it is not on the path \(path.name)"
        }
        return ""
    }

    // MARK: The way

    private func way(_ trace: RuleTrace, _ result: PacketResult) -> [String] {
        let family = result.packet.family
        var lines: [String] = []
        var heading = ""
        for event in trace.events {
            let place = book.location(of: event.rule, family)
            let next = "\(place.table.rawValue) \(place.chain)" + (place.hook == nil ? " (called)" : "")
            if next != heading {
                lines += ["", SafeText.line(next) + connectionWords(event, place, result)]
                heading = next
            }
            lines += words(of: event, place, result)
        }
        return lines
    }

    /// `  3  no   RULE`, and below it why.
    private func words(of event: TraceEvent, _ place: RuleLocation, _ result: PacketResult) -> [String] {
        let family = result.packet.family
        guard let rules = book.rules(family), let rule = rules.rule(event.rule), let position = place.number
        else {
            return [
                place.hook == nil
                    ? "       end of the chain" : "       policy \(book.action(of: event.rule, family))"
            ]
        }
        let number = String(position)
        let head = String(repeating: " ", count: max(0, 3 - number.count)) + number
        let text = SafeText.line(rules.ruleSet.writtenText(of: rule))
        switch event.outcome {
        case .hit: return ["\(head)  yes  \(text)"] + missingFacts(of: rule, result).map { "          \($0)" }
        case .miss: return ["\(head)  no   \(text)", "          \(reason(event, result))"]
        case .hotdrop:
            return [
                "\(head)  drop \(text)", "          drops the packet on the spot: \(reason(event, result))",
            ]
        }
    }

    /// The state, where a table behind connection tracking begins.
    private func connectionWords(_ event: TraceEvent, _ place: RuleLocation, _ result: PacketResult) -> String
    {
        guard place.hook != nil, place.table != .raw, let traversal = result.traversal,
            traversal.connectionState != nil
        else { return "" }
        var text = ", state \(event.connectionState.name)"
        if event.connectionState == .invalid, let reason = traversal.invalidReason {
            text += " (\(reason.rawValue))"
        }
        return text
    }

    /// What a rule that matched left open.
    private func missingFacts(of rule: Rule, _ result: PacketResult) -> [String] {
        guard let rules = book.rules(result.packet.family), let traversal = result.traversal else {
            return []
        }
        let missing = rules.facts(in: traversal.missingFacts)
        return rule.condition.facts.filter { missing.contains($0.fact) }.map {
            SafeText.line("taken to match: \($0.summary), and nobody gave the fact \($0.fact)")
        }
    }

    private func reason(_ event: TraceEvent, _ result: PacketResult) -> String {
        let leaf: UInt16
        switch event.outcome {
        case .hit: return ""
        case .miss(let number), .hotdrop(let number): leaf = number
        }
        let family = result.packet.family
        guard let test = book.rules(family)?.leaf(Int(leaf), of: event.rule) else {
            return "its condition is false"
        }
        var packet = result.packet
        packet.source = event.source
        packet.destination = event.destination
        packet.sourcePort = event.sourcePort
        packet.destinationPort = event.destinationPort
        let values = PacketValues(
            packet: packet, metadata: result.metadata, event: event, interfaces: interfaces)
        if let fact = test.facts.first {
            return SafeText.line("needs \(fact.summary), and nobody gave the fact \(fact.fact)")
        }
        let narration = book.rules(family)?.match(ofLeaf: Int(leaf), of: event.rule)?.narration
        var text = "needs \(narration ?? ConditionWords(family: family).words(test))"
        if let value = values.words(for: test) { text += "; the packet has \(value)" }
        return SafeText.line(text)
    }

    // MARK: The end

    /// `translated to tcp 203.0.113.2:40000 > 198.51.100.10:443`
    private func words(of translation: PacketTranslation, _ packet: Packet) -> String {
        var changed = packet
        changed.take(translation)
        func end(_ address: UInt128, _ port: UInt16) -> String {
            let text = IPAddress(family: packet.family, bits: address).description
            guard packet.flags.contains(.hasPorts) else { return text }
            return packet.family == .ipv4 ? "\(text):\(port)" : "[\(text)]:\(port)"
        }
        return "translated to \(packet.transportProtocol) \(end(changed.source, changed.sourcePort)) > "
            + end(changed.destination, changed.destinationPort)
    }

    private func verdict(_ traversal: TraversalResult, _ family: AddressFamily) -> String {
        var text = traversal.verdict.rawValue
        if let path = traversal.path { text += " on the path \(path.name)" }
        if let reason = traversal.routedAwayReason { text += ": \(reason.rawValue)" }
        if let drop = traversal.silentDrop { text += ": \(drop.rawValue)" }
        if let fault = traversal.fragmentFault {
            text += ": \(fault.rawValue)"
        } else if traversal.verdict == .stolen {
            text += ": held until the other fragments of its packet are there"
        }
        if let rule = traversal.rule {
            let place = book.location(of: rule, family)
            text += ", by \(SafeText.line(place.words))"
            if let line = place.line, let file = book.rules(family)?.ruleSet.file.name {
                text += " (\(SafeText.line(file)):\(line))"
            }
        }
        let missing = book.rules(family)?.facts(in: traversal.missingFacts) ?? []
        if !missing.isEmpty {
            text +=
                ", unless facts that nobody gave change it: \(SafeText.line(missing.joined(separator: ", ")))"
        }
        if traversal.verdict == .reject {
            text +=
                traversal.rejectKind.map { ", answered with \($0.rawValue)" } ?? ", which can't be answered"
        }
        return text
    }
}
