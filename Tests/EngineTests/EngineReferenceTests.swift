import Conntrack
import Engine
import Packets
import RuleModel
import TestSupport
import Testing

/// The engine against an interpreter that walks the same rules: verdicts, deciding rules, marks and counters.
@Suite struct EngineReferenceTests {
    @Test(arguments: [AddressFamily.ipv4, .ipv6])
    func agreesWithTheInterpreter(_ family: AddressFamily) throws {
        for seed in 0..<1500 {
            var random = RandomRules(random: SeededGenerator(seed: UInt64(seed)), family: family)
            try compare(&random, "\(family) \(seed)")
        }
    }

    private func compare(_ random: inout RandomRules, _ name: String) throws {
        var interfaces = InterfaceTable()
        _ = interfaces.id(of: "eth0")
        let ruleSet = random.ruleSet()
        let rules = RuleCompiler.compile(ruleSet, interfaces: &interfaces)
        var engine = MatchEngine(rules)
        for name in RandomRules.interfaceNames { _ = interfaces.id(of: name) }
        engine.admit(interfaces)
        let host = SimulatedHost(localAddresses: [
            InterfaceAddress(.v4(0x0a00_0001), prefixLength: 24),
            InterfaceAddress(.v4(0xc000_0201), prefixLength: 32),
        ])
        let reference = ReferenceInterpreter(ruleSet, interfaces)
        var connections = ConnectionTable()

        for _ in 0..<12 {
            let (packet, bytes) = random.packet()
            let metadata = random.metadata(interfaces)
            let flow = random.flow()
            for table in ruleSet.tables {
                for hook in table.kind.hooks {
                    var expectedMetadata = metadata
                    let expected = reference.run(table.kind, hook, packet, &expectedMetadata, flow, bytes)
                    var actualMetadata = metadata
                    let actual = engine.run(
                        table.kind, at: hook, packet, &actualMetadata, flow, bytes: bytes.span.bytes,
                        host: host, connections: &connections)
                    let verdict = try #require(actual)
                    let location = rules.location(of: verdict.rule)
                    let key = ReferenceInterpreter.key(location.table, location.chain, location.position)
                    try #require(verdict.kind.plain == expected?.verdict, "\(name) \(table.kind) \(hook)")
                    try #require(key == expected?.rule, "\(name) \(table.kind) \(hook)")
                    try #require(
                        actualMetadata.mark == expectedMetadata.mark, "\(name) \(table.kind) \(hook)")
                }
            }
        }
        for index in 0..<rules.ruleCount {
            let location = rules.location(of: RuleID(index: UInt32(index)))
            let key = ReferenceInterpreter.key(location.table, location.chain, location.position)
            try #require(
                engine.counters[index] == reference.counters[key, default: RuleCounters()], "\(name) \(key)")
        }
    }
}

extension TableVerdict.Kind {
    var plain: ReferenceInterpreter.Verdict {
        switch self {
        case .accept: .accept
        case .drop: .drop
        case .hotdrop: .hotdrop
        case .reject(let kind): .reject(kind)
        case .queue, .effect: fatalError("the generator has no such action")
        }
    }
}
