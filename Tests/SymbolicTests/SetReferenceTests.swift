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
            var random = RandomRules(
                random: SeededGenerator(seed: UInt64(seed) &+ 40_000), family: family,
                makesChanges: seed % 2 == 1)
            try compare(&random, family, "\(family) \(seed)")
        }
    }

    private func compare(_ random: inout RandomRules, _ family: AddressFamily, _ name: String) throws {
        let ruleSet = random.ruleSet()
        let space = PacketSpace(family: family, tables: ruleSet.tables)
        // One table of each rule set: they are alike, and each takes its time.
        let chosen = ruleSet.tables[random.number(ruleSet.tables.count)]
        let all = [try TableSets(chosen, in: space)]
        var interfaces = InterfaceTable()
        for name in RandomRules.interfaceNames { _ = interfaces.id(of: name) }
        let reference = ReferenceInterpreter(ruleSet, interfaces)
        var packets = SampledPackets(random: random, family: family, interfaces: interfaces)
        for sets in all {
            let table = sets.table
            let places = HistoryPlaces(table)
            let rules = table.chains.flatMap { chain in
                chain.rules.indices.map { index in
                    let place = RulePlace(chain: chain.name, number: index + 1)
                    return RuleSets(
                        key: ReferenceInterpreter.key(table.kind, chain.name, index + 1),
                        reaching: sets.reaching(place), taking: sets.taking(place))
                }
            }
            for hook in table.kind.hooks {
                let name = "\(name) \(table.kind) \(hook)"
                let base = hook.chainName
                let fates = sets.fate(of: base)
                let decisions = sets.decisions(of: base)
                let parts = [fates.accepted, fates.dropped, fates.rejected, fates.hotdropped]
                try #require(space.union(parts) == space.packets(at: hook), "\(name)")
                for (fate, verdict) in zip(
                    parts, [.accept, .drop, .reject, .hotdrop] as [ReferenceInterpreter.Verdict.Sort])
                {
                    try requireWitness(of: fate, table, hook, verdict, reference, space, name)
                }
                for _ in 0..<20 {
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
                    let fate = parts[
                        [.accept, .drop, .reject, .hotdrop].firstIndex(of: expected.verdict.sort)!]
                    try #require(view.isIn(fate), "\(name)")
                    try require(reference, table, rules, view, name)
                }
            }
        }
    }

    /// A set has a witness if it isn't empty; the witness is in it, and its words meet the set's fate.
    private func requireWitness(
        of set: PacketSet, _ table: Table, _ hook: Hook, _ verdict: ReferenceInterpreter.Verdict.Sort,
        _ reference: ReferenceInterpreter, _ space: PacketSpace, _ name: String
    ) throws {
        let found = space.witness(of: set)
        try #require((found == nil) == space.isEmpty(set), "\(name)")
        guard let found, found.conditions.isEmpty else { return }
        let words = try PacketDescription(parsing: found.packet.description)
        try #require(words == found.packet, "\(name) \(found.packet)")
        var interfaces = InterfaceTable()
        let bytes = words.bytes()
        var packet = Packet(family: words.family)
        _ = PacketDecoder(checksAddressScope: false).decode(
            bytes.span.bytes, family: words.family, networkOffset: 0, originalLength: bytes.count,
            into: &packet)
        var metadata = words.metadata(&interfaces)
        let flow = FlowView(assuming: words.state ?? .new, for: packet)
        let concrete = ConcretePacket(packet: packet, metadata: metadata, flow: flow, bytes: bytes)
        try #require(
            space.contains(set, space.point(of: concrete, interfaces: interfaces)), "\(name) \(found.packet)")
        let types = [packet.source, packet.destination].map(ReferenceInterpreter.type)
        guard words.family == .ipv6 || types == [.unicast, .unicast] else { return }
        let interpreter = ReferenceInterpreter(reference.ruleSet, interfaces)
        interpreter.answer = { _, _ in true }
        let seen = table.kind == .raw ? FlowView(family: words.family) : flow
        let met = interpreter.run(table.kind, hook, packet, &metadata, seen, bytes)
        try #require(met?.verdict.sort == verdict, "\(name) \(found.packet)")
    }

    private struct RuleSets {
        var key: String
        var reaching: PacketSet
        var taking: PacketSet
    }

    /// Each rule is reached and taken by the packets that the interpreter saw there.
    private func require(
        _ reference: ReferenceInterpreter, _ table: Table, _ rules: [RuleSets], _ view: View, _ name: String
    ) throws {
        // PREROUTING's packets look like INPUT's, and any that leaves like one of POSTROUTING.
        guard table.kind.hooks.count(where: { view.isIn(view.space.packets(at: $0)) }) == 1 else { return }
        for rule in rules {
            try #require(
                view.isIn(rule.reaching) == reference.reached.contains(rule.key), "\(name) \(rule.key)")
            try #require(view.isIn(rule.taking) == reference.taken.contains(rule.key), "\(name) \(rule.key)")
        }
    }
}

/// One packet, and the answers that are open.
struct View {
    let space: PacketSpace
    private let point: PacketPoint

    init(_ packet: ConcretePacket, _ space: PacketSpace, _ interfaces: InterfaceTable, _ answers: Int) {
        self.space = space
        point = space.point(of: packet, interfaces: interfaces) { variable in
            switch variable {
            case .history(let occurrence):
                View.answer(answers, "\(occurrence.place) \(occurrence.test.summary) \(occurrence.ordinal)")
                    ? 1 : 0
            case .packet, .fact, .outcome, .reversePath: fatalError("the generator has no such test")
            case .addressType(let field, _):
                UInt32(
                    ReferenceInterpreter.type(of: View.address(field, packet)).rawValue.trailingZeroBitCount)
            }
        }
    }

    func isIn(_ set: PacketSet) -> Bool { space.contains(set, point) }

    private static func address(_ field: AddressField, _ packet: ConcretePacket) -> UInt128 {
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
