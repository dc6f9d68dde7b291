import Conntrack
import Engine
import KernelOracle
import Packets
import Reports
import RuleModel
import TestSupport
import Testing

/// A comparison of connections has to find each difference, and only that.
@Suite struct ConnectionComparisonTests {
    private let listed = """
        ipv4     2 udp      17 29 src=10.0.0.5 dst=198.51.100.7 sport=1 dport=53 [UNREPLIED] src=198.51.100.7 dst=192.0.2.1 sport=53 dport=1 mark=0 use=1
        ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.5 dst=198.51.100.7 sport=4 dport=80 src=198.51.100.7 dst=10.0.0.5 sport=80 dport=4 [ASSURED] mark=7 zone=2 use=2

        """

    @Test func timersAndReferencesAreLeftOut() {
        let later = listed.replacing("431999", with: "431990").replacing("use=2", with: "use=1")
        let comparison = ConnectionComparison(simulated: listed, kernel: later)
        #expect(comparison.count == 2 && comparison.differences.isEmpty)
    }

    @Test(arguments: [
        ("ESTABLISHED", "CLOSE"), (" [ASSURED]", ""), (" [UNREPLIED]", ""), ("mark=7", "mark=8"),
        ("zone=2 ", ""), ("dst=192.0.2.1 ", "dst=192.0.2.2 "), ("dport=1 ", "dport=2 "),
        ("dport=80 ", "dport=81 "),
    ])
    func everyOtherDifferenceIsFound(_ word: String, _ other: String) {
        let kernel = listed.replacing(word, with: other)
        #expect(!ConnectionComparison(simulated: listed, kernel: kernel).differences.isEmpty)
        #expect(!ConnectionComparison(simulated: kernel, kernel: listed).differences.isEmpty)
    }

    @Test func aMissingConnectionIsFound() {
        let first = listed.split(separator: "\n")[0] + "\n"
        let fewer = ConnectionComparison(simulated: String(first), kernel: listed)
        #expect(fewer.count == 2 && fewer.differences.map { $0.simulated == nil } == [true])
        let more = ConnectionComparison(simulated: listed, kernel: String(first))
        #expect(more.count == 2 && more.differences.map { $0.kernel == nil } == [true])
    }

    @Test func aDrawnPortIsNoDifference() {
        let kernel = listed.replacing("sport=53 dport=1 ", with: "sport=53 dport=40000 ")
        #expect(ConnectionComparison(simulated: listed, drawn: [0], kernel: kernel).differences.isEmpty)
        #expect(ConnectionComparison(simulated: listed, drawn: [1], kernel: kernel).differences.count == 1)
    }

    /// As `conntrack -L -o extended` 1.4.7 prints them.
    @Test(arguments: [
        ("--zone 5", "mark=0 zone=5 use=1"), ("--zone-orig 6", "dport=7 zone-orig=6 "),
        ("--zone-reply 7", "dport=1 zone-reply=7 "),
    ])
    func zonesAreListed(_ option: String, _ words: String) throws {
        let rules =
            "*raw\n-A OUTPUT -j CT \(option)\nCOMMIT\n*filter\n-A OUTPUT -m conntrack --ctstate NEW\nCOMMIT\n"
        let test = RandomCase(family: .ipv4, backend: .legacy, sets: "", rules: rules, packets: [])
        var bench = try SimulatedBench(test, run: 0)
        let packet = PacketBuilder(
            source: .v4(0x7f00_0001), destination: .v4(0x7f00_0001), .udp(.init(from: 1, to: 7, payload: [1]))
        )
        _ = bench.send(TrafficItem(packet.bytes(), interface: nil), run: 0)
        let text = ConnectionLines.text(of: bench.firewall.connections, at: SimulatedBench.now)
        #expect(text.contains(words), "\(text)")
    }
}
