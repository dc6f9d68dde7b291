import AddressSets
import Diagnostics
import Foundation
import Packets
import TestSupport
import Testing

/// Packets that rules look up, as the kernel answered (`Scripts/ipset-goldens.py`).
struct SetLookupTests {
    @Test(arguments: try Fixtures.names(extension: "lookups"))
    func packetsAreInTheSetsAsTheKernelSays(_ name: String) throws {
        let golden = LookupGolden(try Fixtures.text(name))
        let result = read(golden.sets.joined(separator: "\n") + "\n")
        let catalogue = try #require(result.catalogue, "\(result.diagnostics.map(\.message))")
        let rules = try golden.rules.map { try #require(LookupRule($0, catalogue), "\($0)") }
        var interfaces = InterfaceTable()
        let ids = ["eth0": interfaces.id(of: "eth0"), "eth1": interfaces.id(of: "eth1")]
        let table = interfaces
        let memory = SetMemory(catalogue) { table }
        #expect(golden.packets.count >= 200)
        var moment = Timestamp(nanoseconds: 0)
        for (index, sent) in golden.packets.enumerated() {
            let frame = DecodedFrame(sent.frame)
            try #require(frame.isPacket)
            moment = Timestamp(nanoseconds: Int64(index))
            var metadata = PacketMetadata(timestamp: moment)
            metadata.inInterface = try #require(ids[sent.interface])
            metadata.hasMACs = true
            metadata.sourceMAC = frame.link.sourceMAC
            metadata.destinationMAC = frame.link.destinationMAC
            let hits = rules.indices.filter { rules[$0].run(frame.packet, metadata, memory) }.map { $0 + 1 }
            #expect(
                hits == sent.rules,
                "\(name): packet \(index + 1) from \(frame.packet.source) to \(frame.packet.destination)")
        }
        let contents = SetPrinter(memory.contents(at: moment)).text().split(separator: "\n")
            .filter { $0.hasPrefix("add ") }.map(String.init).sorted()
        #expect(contents == golden.contents)
    }
}

/// A rule with `-m set` or `-j SET`, and at most a protocol before.
private struct LookupRule {
    private var transportProtocol: IPProtocol?
    private var set: Int?
    private var lookup: SetLookup?
    private var isNegated = false
    private var added: (set: Int, directions: SetDirections)?
    private var removed: (set: Int, directions: SetDirections)?
    private var replaces = false

    init?(_ text: String, _ catalogue: SetCatalogue) {
        var words = text.split(separator: " ").map(String.init)[...]
        var isNot = false
        func directions(_ text: String) -> SetDirections {
            SetDirections(isSource: text.split(separator: ",").map { $0 == "src" })
        }
        while let word = words.popFirst() {
            defer { isNot = word == "!" }
            switch word {
            case "-m", "-j": words.removeFirst()
            case "!": break
            case "-p": transportProtocol = IPProtocol(name: words.removeFirst())
            case "--match-set":
                set = catalogue.index(of: words.removeFirst())
                lookup = SetLookup(directions(words.removeFirst()))
                isNegated = isNot
            case "--return-nomatch": lookup?.returnsNomatch = true
            case "--update-counters": lookup?.updatesCounters = !isNot
            case "--update-subcounters": lookup?.updatesSubcounters = !isNot
            case "--packets-lt", "--packets-gt", "--packets-eq", "--bytes-lt", "--bytes-gt", "--bytes-eq":
                let name = String(word.suffix(2))
                guard let relation = CounterTest.Relation(rawValue: isNot ? "ne" : name),
                    let value = UInt64(words.removeFirst())
                else { return nil }
                if word.hasPrefix("--packets") {
                    lookup?.packets = CounterTest(relation, value)
                } else {
                    lookup?.bytes = CounterTest(relation, value)
                }
            case "--add-set", "--del-set":
                guard let set = catalogue.index(of: words.removeFirst()) else { return nil }
                let change = (set, directions(words.removeFirst()))
                if word == "--add-set" { added = change } else { removed = change }
            case "--exist": replaces = true
            default: return nil
            }
        }
    }

    /// Whether the rule matches; if it does, its target runs.
    func run(_ packet: Packet, _ metadata: PacketMetadata, _ memory: SetMemory) -> Bool {
        if let transportProtocol, packet.transportProtocol != transportProtocol { return false }
        if let set, let lookup, memory.test(set, lookup, packet, metadata) == isNegated { return false }
        if let added {
            memory.add(added.set, added.directions, timeout: nil, replaces: replaces, packet, metadata)
        }
        if let removed { memory.remove(removed.set, removed.directions, packet, metadata) }
        return true
    }
}
