import Packets
import RuleModel
import Symbolic
import TestSupport
import Testing

/// Packet sets against an interpreter that walks the same rules, on random rule sets and random packets.
@Suite struct SetReferenceTests {
    /// 500 rule sets, in parts so that they run side by side.
    @Test(arguments: [AddressFamily.ipv4, .ipv6], 0..<10)
    func agreesWithTheInterpreter(_ family: AddressFamily, _ part: Int) throws {
        for seed in part * 25..<(part + 1) * 25 {
            var random = RandomRules(random: SeededGenerator(seed: UInt64(seed) &+ 40_000), family: family)
            try compare(&random, family, "\(family) \(seed)")
        }
    }

    private func compare(_ random: inout RandomRules, _ family: AddressFamily, _ name: String) throws {
        let ruleSet = random.ruleSet()
        let space = PacketSpace(family: family, tables: ruleSet.tables)
        let all = try ruleSet.tables.map { try TableSets($0, in: space) }
        var interfaces = InterfaceTable()
        for name in RandomRules.interfaceNames { _ = interfaces.id(of: name) }
        let reference = ReferenceInterpreter(ruleSet, interfaces)
        var packets = SampledPackets(random: random, family: family, interfaces: interfaces)
        for sets in all {
            let table = sets.table
            let places = HistoryPlaces(table)
            for hook in table.kind.hooks {
                let name = "\(name) \(table.kind) \(hook)"
                let base = hook.chainName
                let fates = sets.fate(of: base)
                let decisions = sets.decisions(of: base)
                let parts = [fates.accepted, fates.dropped, fates.rejected, fates.hotdropped]
                try #require(space.union(parts) == space.packets(at: hook), "\(name)")
                for _ in 0..<40 {
                    let packet = packets.next(at: hook)
                    let answers = packets.random.number(1 << 30)
                    let view = View(packet, space, interfaces, answers)
                    try #require(view.isIn(space.packets(at: hook)), "\(name) \(packet)")
                    var metadata = packet.metadata
                    reference.answer = { key, number in View.answer(answers, places.text(key, number)) }
                    let flow = table.kind == .raw ? FlowView(family: family) : packet.flow
                    let expected = try #require(
                        reference.run(
                            table.kind, hook, packet.packet, &metadata, flow, packet.bytes))
                    let deciding = decisions.filter { view.isIn($0.packets) }
                    try #require(deciding.count == 1, "\(name) \(deciding)")
                    let decision = deciding[0]
                    try #require(decision.verdict.plain == expected.verdict, "\(name)")
                    let chain = try #require(table.chain(decision.place.chain))
                    let key = ReferenceInterpreter.key(
                        table.kind, chain.name, decision.place.number ?? chain.rules.count + 1)
                    try #require(key == expected.rule, "\(name)")
                    let fate = parts[[.accept, .drop, .reject, .hotdrop].firstIndex(of: expected.verdict.sort)!]
                    try #require(view.isIn(fate), "\(name)")
                    try require(reference, sets, view, hook, name)
                }
            }
        }
    }

    /// Each rule is reached and taken by the packets that the interpreter saw there.
    private func require(
        _ reference: ReferenceInterpreter, _ sets: TableSets, _ view: View, _ hook: Hook, _ name: String
    ) throws {
        // PREROUTING's packets look like INPUT's, and any that leaves like one of POSTROUTING.
        guard sets.table.kind.hooks.count(where: { view.isIn(view.space.packets(at: $0)) }) == 1 else { return }
        for chain in sets.table.chains {
            for number in chain.rules.indices.map({ $0 + 1 }) {
                let place = RulePlace(chain: chain.name, number: number)
                let key = ReferenceInterpreter.key(sets.table.kind, chain.name, number)
                try #require(
                    view.isIn(sets.reaching(place)) == reference.reached.contains(key), "\(name) \(place)")
                try #require(
                    view.isIn(sets.taking(place)) == reference.taken.contains(key), "\(name) \(place)")
            }
        }
    }
}

/// One packet, and the answers that are open.
struct View {
    let packet: ConcretePacket
    let space: PacketSpace
    let interfaces: InterfaceTable
    let answers: Int

    init(_ packet: ConcretePacket, _ space: PacketSpace, _ interfaces: InterfaceTable, _ answers: Int) {
        (self.packet, self.space, self.interfaces, self.answers) = (packet, space, interfaces, answers)
    }

    func isIn(_ set: PacketSet) -> Bool {
        space.contains(set, packet, interfaces: interfaces) { variable in
            switch variable {
            case .history(let occurrence):
                View.answer(answers, "\(occurrence.place) \(occurrence.test.summary) \(occurrence.ordinal)") ? 1 : 0
            case .addressType(let field, _):
                UInt32(ReferenceInterpreter.type(of: address(field)).rawValue.trailingZeroBitCount)
            }
        }
    }

    private func address(_ field: AddressField) -> UInt128 {
        switch field {
        case .source: packet.packet.source
        case .destination: packet.packet.destination
        case .connectionOriginalSource: packet.flow.original.source
        case .connectionOriginalDestination: packet.flow.original.destination
        case .connectionReplySource: packet.flow.reply.source
        case .connectionReplyDestination: packet.flow.reply.destination
        }
    }

    /// Always the same for the same text.
    static func answer(_ seed: Int, _ text: String) -> Bool {
        var value = UInt64(seed)
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return (value >> 20) & 1 == 1
    }
}

/// The tests with memory of a table: their names in `HistoryOccurrence`, by rule and by number in the rule.
struct HistoryPlaces {
    private var texts: [String: [String]] = [:]

    init(_ table: Table) {
        for chain in table.chains {
            var counts: [String: Int] = [:]
            for (index, rule) in chain.rules.enumerated() {
                let key = ReferenceInterpreter.key(table.kind, chain.name, index + 1)
                texts[key] = HistoryPlaces.histories(rule.condition).map { summary in
                    defer { counts[summary, default: 0] += 1 }
                    return "\(table.kind.rawValue):\(chain.name) \(summary) \(counts[summary, default: 0])"
                }
            }
        }
    }

    func text(_ key: String, _ number: Int) -> String { texts[key]?[number] ?? "" }

    private static func histories(_ condition: Condition) -> [String] {
        switch condition {
        case .not(let inner): histories(inner)
        case .all(let parts), .any(let parts): parts.flatMap(histories)
        case .history(let test): [test.summary]
        default: []
        }
    }
}

extension Decision.Verdict {
    var plain: ReferenceInterpreter.Verdict {
        switch self {
        case .accept: .accept
        case .drop: .drop
        case .hotdrop: .hotdrop
        case .reject(let kind): .reject(kind)
        }
    }
}

extension ReferenceInterpreter.Verdict {
    enum Sort { case accept, drop, reject, hotdrop }

    var sort: Sort {
        switch self {
        case .accept: .accept
        case .drop: .drop
        case .hotdrop: .hotdrop
        case .reject: .reject
        }
    }
}
