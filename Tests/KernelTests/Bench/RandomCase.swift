import Conntrack
import Engine
import KernelOracle
import Packets
import RuleModel
import TestSupport

/// Sets, rules and packets.
struct RandomCase {
    let family: AddressFamily
    let backend: RuleBackend
    var sets: String
    var rules: String
    var packets: [TrafficItem]

    /// What both sides read: names that are to be new ones each time end in the number of the run.
    func texts(run: UInt32) -> (sets: String, rules: String) {
        (sets.replacing("~", with: "\(run)"), rules.replacing("~", with: "\(run)"))
    }

    /// The names of its sets, the last one first, so that a list goes before its members.
    func setNames(run: UInt32) -> [String] {
        texts(run: run).sets.split(separator: "\n").filter { $0.hasPrefix("create ") }
            .map { String($0.split(separator: " ")[1]) }.reversed()
    }
}

extension RandomCase {
    /// The case of a seed. What is sent depends on what the simulation makes of it: answers go to where the packets before
    /// them came from.
    init(seed: UInt64, family: AddressFamily, backend: RuleBackend, packets count: Int = 40) throws {
        var words = RandomRuleText(random: SeededGenerator(seed: seed), family: family)
        let sets = words.sets()
        self.init(family: family, backend: backend, sets: sets, rules: words.text(), packets: [])
        var traffic = RandomTraffic(random: SeededGenerator(seed: seed &* 31 &+ 7), family: family)
        var simulation = try SimulatedBench(self, run: 0)
        while packets.count < count {
            for item in traffic.next() {
                packets.append(item)
                guard let traversal = simulation.send(item, run: 0) else { continue }
                // Of what lots decide, only the kernel could tell to whom an answer goes.
                if traversal.translationCertainty == .exact, let outcome = simulation.firewall.outcome {
                    traffic.learn(outcome)
                }
            }
        }
    }
}
