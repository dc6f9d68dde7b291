import Packets
import Testing

@testable import Replay

/// What synthetic captures let guess. Stations: R a router, C and D clients behind it, S and T servers, G a gateway.
@Suite struct HostInferenceTests {
    private static let macs: [Character: UInt64] = ["R": 1, "r": 2, "C": 3, "D": 4, "S": 5, "T": 6, "G": 7]

    struct Case: CustomTestStringConvertible {
        var name: String
        /// `C>R 10.0.0.5 > 198.51.100.80 64`, with ` #1` for the segment, ` in` or ` out` for the direction, ` rst` for a reset.
        var frames: [String]
        var forwards = false
        var kind: HostInference.Conclusion.Kind
        var confidence: HostInference.Conclusion.Confidence

        var testDescription: String { name }
    }

    private static func address(_ text: Substring) -> IPAddress { IPAddress(String(text))! }

    private static func observe(_ line: String, _ inference: inout HostInference) {
        let words = line.split(separator: " ")
        var link = LinkHeader()
        if words[0] != "-" {
            link.hasMACs = true
            link.sourceMAC = MACAddress(bits: macs[words[0].first!]!)
            link.destinationMAC = MACAddress(bits: macs[words[0].last!]!)
        }
        var packet = Packet(family: address(words[1]).family)
        packet.source = address(words[1]).bits
        packet.destination = address(words[3]).bits
        packet.hopLimit = UInt8(words[4])!
        packet.transportProtocol = .tcp
        packet.tcpFlags = words.last == "rst" ? .rst : .ack
        let direction: FrameDirection =
            words.last == "in" ? .inbound : words.last == "out" ? .outbound : .unknown
        inference.observe(link, packet, direction, segment: words.last == "#1" ? 1 : 0)
    }

    private static func host(_ addresses: String..., mac: Character? = nil) -> HostInference.Conclusion.Kind {
        .endpoint(addresses: addresses.map { address($0[...]) }, mac: mac.map { MACAddress(bits: macs[$0]!) })
    }

    private static func router(_ addresses: String..., by: [Int: Character] = [:])
        -> HostInference.Conclusion.Kind
    {
        .router(
            addresses: addresses.map { address($0[...]) }, macs: by.mapValues { MACAddress(bits: macs[$0]!) })
    }

    static let cases = [
        Case(
            name: "a router's LAN side, with few servers",
            frames: [
                "C>R 10.0.0.5 > 198.51.100.80 64", "R>C 198.51.100.80 > 10.0.0.5 63",
                "D>R 10.0.0.6 > 198.51.100.80 64",
                "R>D 198.51.100.80 > 10.0.0.6 63", "R>D 10.0.0.1 > 10.0.0.6 64",
            ], kind: router("10.0.0.1"), confidence: .likely),
        Case(
            name: "a server behind a gateway",
            frames: ["G>S 203.0.113.9 > 198.51.100.80 57", "S>G 198.51.100.80 > 203.0.113.9 64"],
            kind: host("198.51.100.80", mac: "S"), confidence: .likely),
        Case(
            name: "the same link with a router's rules",
            frames: ["G>S 203.0.113.9 > 198.51.100.80 57", "S>G 198.51.100.80 > 203.0.113.9 64"],
            forwards: true,
            kind: router(), confidence: .guess),
        Case(
            name: "a host that talks to its neighbours",
            frames: [
                "C>S 10.0.0.5 > 10.0.0.9 64", "S>C 10.0.0.9 > 10.0.0.5 64", "D>S 10.0.0.6 > 10.0.0.9 128",
                "S>D 10.0.0.9 > 10.0.0.6 64",
            ], kind: host("10.0.0.9", mac: "S"), confidence: .sure),
        Case(
            name: "two neighbours",
            frames: ["C>S 10.0.0.5 > 10.0.0.9 64", "S>C 10.0.0.9 > 10.0.0.5 64"],
            kind: host("10.0.0.9", mac: "S"), confidence: .guess),
        Case(
            name: "only what a router got on its LAN side",
            frames: ["C>R 10.0.0.5 > 198.51.100.80 64", "D>R 10.0.0.6 > 198.51.100.81 64"], kind: router(),
            confidence: .likely),
        Case(
            name: "only what a router got from another router",
            frames: ["G>R 203.0.113.9 > 10.0.0.5 50", "G>R 203.0.113.9 > 10.0.0.6 50"], kind: router(),
            confidence: .likely),
        Case(
            name: "only what a server got",
            frames: ["G>S 203.0.113.9 > 10.0.0.5 50", "G>S 203.0.113.7 > 10.0.0.5 50"],
            kind: host("10.0.0.5", mac: "S"), confidence: .likely),
        Case(
            name: "both sides of a router in two captures",
            frames: [
                "C>R 10.0.0.5 > 198.51.100.80 64", "r>S 10.0.0.5 > 198.51.100.80 63 #1",
                "S>r 198.51.100.80 > 10.0.0.5 64 #1", "R>C 198.51.100.80 > 10.0.0.5 63",
            ], kind: router(by: [0: "R", 1: "r"]), confidence: .sure),
        Case(
            name: "both sides of a router whose neighbour is a router",
            frames: [
                "C>R 10.0.0.5 > 198.51.100.80 64", "r>G 10.0.0.5 > 198.51.100.80 63 #1",
                "G>r 198.51.100.80 > 10.0.0.5 60 #1", "R>C 198.51.100.80 > 10.0.0.5 59",
            ], kind: router(by: [0: "R", 1: "r"]), confidence: .sure),
        Case(
            name: "a router that resets connections for others",
            frames: [
                "C>R 10.0.0.5 > 198.51.100.80 64", "R>C 198.51.100.80 > 10.0.0.5 63",
                "D>R 10.0.0.6 > 10.0.9.9 64",
                "R>D 10.0.9.9 > 10.0.0.6 64 rst",
            ], kind: router(), confidence: .likely),
        Case(
            name: "what two routers got from each other, with a router's rules",
            frames: ["G>R 203.0.113.1 > 10.0.0.5 64", "G>R 203.0.113.9 > 10.0.0.6 50"], forwards: true,
            kind: router(), confidence: .guess),
        Case(
            name: "one capture in two files",
            frames: [
                "G>S 203.0.113.9 > 198.51.100.80 57", "S>G 198.51.100.80 > 203.0.113.9 64",
                "G>S 203.0.113.8 > 198.51.100.80 57 #1", "S>G 198.51.100.80 > 203.0.113.8 64 #1",
            ], kind: host("198.51.100.80", mac: "S"), confidence: .likely),
        Case(
            name: "a router's capture on any",
            frames: [
                "- 10.0.0.5 > 198.51.100.80 64 in", "- 203.0.113.1 > 198.51.100.80 63 out",
                "- 198.51.100.80 > 203.0.113.1 64 in", "- 198.51.100.80 > 10.0.0.5 63 out",
            ], kind: router("203.0.113.1"), confidence: .sure),
        Case(
            name: "a host's capture on any",
            frames: ["- 10.0.0.5 > 198.51.100.80 64 out", "- 198.51.100.80 > 10.0.0.5 57 in"],
            kind: host("10.0.0.5"), confidence: .sure),
        Case(
            name: "spoofed sources that nobody can have",
            frames: [
                "G>S 203.0.113.9 > 198.51.100.80 57", "S>G 198.51.100.80 > 203.0.113.9 64",
                "S>G 255.255.255.255 > 203.0.113.9 64", "S>G 0.0.0.0 > 203.0.113.9 64",
            ], kind: host("198.51.100.80", mac: "S"), confidence: .likely),
        Case(
            name: "loopback", frames: ["- 127.0.0.1 > 127.0.0.1 64"], kind: host("127.0.0.1"),
            confidence: .sure),
        Case(name: "nothing", frames: [], kind: .unknown, confidence: .guess),
    ]

    @Test(arguments: cases)
    func captureLetsGuess(_ example: Case) {
        var inference = HostInference()
        for line in example.frames { HostInferenceTests.observe(line, &inference) }
        let conclusion = inference.conclude(rulesForward: example.forwards)
        #expect(conclusion.kind == example.kind, "\(conclusion.reason)")
        #expect(conclusion.confidence == example.confidence, "\(conclusion.reason)")
    }

    @Test func floodOfStationsIsBounded() {
        var inference = HostInference()
        var link = LinkHeader()
        link.hasMACs = true
        var packet = Packet(family: .ipv4)
        for number in 1...20_000 as ClosedRange<UInt64> {
            link.sourceMAC = MACAddress(bits: number)
            link.destinationMAC = MACAddress(bits: number << 20)
            packet.source = UInt128(number &+ 0x0a00_0000)
            packet.destination = UInt128(number &+ 0x0b00_0000)
            inference.observe(link, packet, .unknown, segment: Int(number % 7))
        }
        #expect(inference.conclude(rulesForward: false).confidence == .guess)
    }
}
