import Conntrack
import Packets
import Testing

/// Which address and port a translation chooses; the addresses are those that Linux 6.18 chose.
@Suite struct TranslationTests {
    private let host: UInt128 = 0xc000_0201

    /// Tracks a packet and translates its connection.
    private func pass(
        _ made: TestPacket, _ manipulation: NATManipulation = .source, into range: NATRange?,
        _ table: inout ConnectionTable, seconds: Double = 0
    ) -> Tracking {
        var tracking = table.track(made, seconds: seconds)
        table.translate(manipulation, into: range, for: &tracking, at: .seconds(seconds))
        _ = table.confirm(tracking)
        return tracking
    }

    private func address(_ address: UInt128) -> NATRange { NATRange(addresses: address...address) }

    private func made(_ family: AddressFamily, from source: UInt128, to destination: UInt128) -> TestPacket {
        TestPacket(
            family: family, .udp, from: source, to: destination,
            transport: be16(4000) + be16(53) + be16(8) + be16(0x1234))
    }

    /// SEMANTICS 14: by a hash of both addresses.
    @Test func aRangeIsChosenFromByHash() {
        let range = NATRange(addresses: 0xc000_020a...0xc000_020c)
        let chosen = (5...8).map { last -> UInt128 in
            var table = ConnectionTable()
            let packet = made(.ipv4, from: 0x0a00_0000 + UInt128(last), to: 0xc633_6407)
            return pass(packet, into: range, &table).flow.target(.source)?.source ?? 0
        }
        #expect(chosen == [0xc000_020c, 0xc000_020c, 0xc000_020a, 0xc000_020b])
    }

    /// SEMANTICS 13, 6: answers go back to where the question came from.
    @Test func answersAreTranslatedBack() throws {
        var table = ConnectionTable()
        let forth = pass(udp(1, 10, 2, 20), into: address(host), &table)
        #expect(forth.flow.status.contains(.sourceNAT))
        #expect(forth.flow.target(.source)?.source == host && forth.flow.target(.source)?.sourcePort == 10)
        #expect(forth.flow.target(.destination) == nil)
        let back = table.track(udp(2, 20, host, 10))
        #expect(back.flow.state == .established && back.flow.isReply)
        #expect(back.flow.target(.destination)?.destination == 1)
        #expect(back.flow.target(.source) == nil)
        #expect(table.track(udp(2, 20, 1, 10)).flow.state == .new)
    }

    /// SEMANTICS 13: a clash is one of the whole reply tuple; the new port stays in its class.
    @Test(arguments: [(300, 1...511), (700, 600...1023), (40000, 1024...65535)])
    func aTakenPortIsExchangedWithinItsClass(_ port: Int, _ range: ClosedRange<Int>) throws {
        var table = ConnectionTable()
        _ = pass(udp(1, port, 2, 20), into: address(host), &table)
        let elsewhere = pass(udp(3, port, 4, 20), into: address(host), &table)
        #expect(elsewhere.flow.target(.source)?.sourcePort == UInt16(port) && elsewhere.certainty == .exact)
        let clashing = pass(udp(3, port, 2, 20), into: address(host), &table)
        let chosen = try #require(clashing.flow.target(.source)?.sourcePort)
        #expect(range.contains(Int(chosen)) && chosen != port)
        #expect(clashing.certainty == .drawn)
        let answer = table.track(udp(2, 20, host, Int(chosen)))
        #expect(answer.flow.target(.destination)?.destination == 3)
        #expect(answer.certainty == .drawn)
    }

    /// A null binding changes the port, too (SEMANTICS 13).
    @Test func destinationsThatClashChangeTheSourcePort() {
        var table = ConnectionTable()
        for server in [5, 6] as [UInt128] {
            var tracking = table.track(udp(1, 1000, server, 80))
            table.translate(
                .destination, into: NATRange(addresses: 9...9), for: &tracking, at: .seconds(0))
            table.translate(.source, into: nil, for: &tracking, at: .seconds(0))
            #expect(tracking.flow.status.contains(.sourceNAT) == (server == 6))
            #expect(table.confirm(tracking) == true)
        }
    }

    /// The same source keeps its port towards another destination (`find_appropriate_src`).
    @Test func aSourceKeepsItsTranslation() {
        var table = ConnectionTable()
        _ = pass(udp(1, 300, 2, 20), into: address(host), &table)
        let drawn = pass(udp(3, 300, 2, 20), into: address(host), &table)
        let further = pass(udp(3, 300, 4, 20), into: address(host), &table)
        #expect(further.flow.target(.source)?.sourcePort == drawn.flow.target(.source)?.sourcePort)
        // Only as long as a connection lives.
        var empty = ConnectionTable()
        let gone = empty.track(udp(3, 300, 2, 20))
        empty.discard(gone)
        #expect(
            pass(udp(3, 300, 4, 20), into: address(host), &empty).flow.target(.source)?.sourcePort == 300)
    }

    @Test func rangesOfPorts() {
        var table = ConnectionTable()
        let range = NATRange(addresses: 9...9, ports: 1000...1001)
        let ports = (1...3).map { client in
            let tracking = pass(udp(7, client, 5, 80), .destination, into: range, &table)
            #expect(tracking.certainty == .exact)
            return tracking.flow.target(.destination)?.destinationPort
        }
        // Destinations are looked for from the first on.
        #expect(ports == [1000, 1000, 1000])
        let kept = pass(udp(7, 9, 5, 1001), .destination, into: range, &table)
        #expect(kept.flow.target(.destination)?.destinationPort == 1001)
        let shifted = NATRange(addresses: 9...9, ports: 1000...1009, basePort: 5000)
        let moved = pass(udp(7, 9, 5, 5003), .destination, into: shifted, &table)
        #expect(moved.flow.target(.destination)?.destinationPort == 1003)
    }

    /// Of two ports, one is taken: no lot decides.
    @Test func theOnlyFreePortIsFound() {
        var table = ConnectionTable()
        let range = NATRange(addresses: 9...9, ports: 1000...1001)
        let first = pass(udp(1, 10, 2, 80), into: range, &table).flow.target(.source)?.sourcePort
        let second = pass(udp(3, 10, 2, 80), into: range, &table).flow.target(.source)?.sourcePort
        #expect(Set([first, second]) == [1000, 1001])
        // There is no third: the packet clashes, and is dropped.
        var tracking = table.track(udp(4, 10, 2, 80))
        table.translate(.source, into: range, for: &tracking, at: .seconds(0))
        #expect(table.confirm(tracking) == false)
    }

    /// `nf_nat_used_tuple_harder`
    @Test func aClosedConnectionMakesRoom() {
        var table = ConnectionTable()
        let range = NATRange(addresses: 9...9, ports: 1000...1001)
        var taken: [UInt16] = []
        for port in [1, 2] {
            let tracking = pass(tcp([.syn], 100, port: port), into: range, &table)
            taken.append(tracking.flow.target(.source)?.sourcePort ?? 0)
        }
        let answer = TestPacket(
            .tcp, from: 2, to: 9,
            transport: be16(80) + be16(Int(taken[0])) + be32(500) + be32(101) + [0x50, 0x12] + be16(65535)
                + [0, 0, 0, 0])
        _ = table.pass(answer)
        _ = table.pass(tcp([.rst], 101, port: 1))
        let early = pass(tcp([.syn], 50, port: 3), into: range, &table)
        #expect(early.flow.state == .new)
        #expect(table.track(tcp([.syn], 50, port: 3)).flow.status.contains(.confirmed) == false)
        let late = pass(tcp([.syn], 5000, port: 4), into: range, &table)
        #expect(late.flow.target(.source)?.sourcePort == taken[0])
        #expect(table.track(tcp([.syn], 5000, port: 4)).flow.status.contains(.confirmed) == true)
    }

    @Test func identifiersOfQueries() throws {
        func echo(_ source: UInt128) -> TestPacket {
            TestPacket(.icmp, from: source, to: 2, transport: [8, 0, 0, 0, 0, 7, 0, 1])
        }
        var table = ConnectionTable()
        #expect(pass(echo(1), into: address(host), &table).flow.target(.source)?.sourcePort == 7)
        let clashing = pass(echo(3), into: address(host), &table)
        let identifier = try #require(clashing.flow.target(.source)?.sourcePort)
        #expect(identifier != 7)
        let reply = TestPacket(
            .icmp, from: 2, to: host, transport: [0, 0, 0, 0] + be16(Int(identifier)) + [0, 1])
        let target = table.track(reply).flow.target(.destination)
        #expect(target?.destination == 3 && target?.sourcePort == 7)
    }

    @Test func protocolsWithoutPortsKeepTheirTuple() {
        func gre(_ source: UInt128) -> TestPacket {
            TestPacket(.gre, from: source, to: 2, transport: [0, 0, 8, 0, 1, 2, 3, 4])
        }
        var table = ConnectionTable()
        #expect(pass(gre(1), into: address(host), &table).flow.target(.source)?.source == host)
        var clashing = table.track(gre(3))
        table.translate(.source, into: address(host), for: &clashing, at: .seconds(0))
        #expect(table.confirm(clashing) == false)
    }

    @Test func lotsAreTheSameInEveryRun() {
        func ports(_ seed: UInt64) -> [UInt16?] {
            var table = ConnectionTable(lots: seed)
            return (1...20).map {
                pass(udp(UInt128($0), 5000, 2, 20), into: address(host), &table).flow.target(.source)?
                    .sourcePort
            }
        }
        #expect(ports(1) == ports(1))
        #expect(ports(1) != ports(2))
        #expect(Set(ports(1)).count == 20)
    }
}
