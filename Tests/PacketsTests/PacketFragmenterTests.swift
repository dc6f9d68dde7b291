import Packets
import Testing

@Suite struct PacketFragmenterTests {
    private func datagram(_ length: Int, family: AddressFamily = .ipv4) -> [UInt8] {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        return PacketBuilder(
            source: family == .ipv4 ? .v4(0x0a00_0001) : .v6(1),
            destination: family == .ipv4 ? .v4(0x0a00_0002) : .v6(2),
            .udp(PacketBuilder.UDPDatagram(from: 1, to: 2, payload: payload))
        ).bytes()
    }

    private func fragmentField(_ packet: [UInt8]) -> Int { Int(packet[6]) << 8 | Int(packet[7]) }

    @Test func whatFitsStaysWhole() {
        let packet = datagram(100)
        let packets = PacketFragmenter.packets(of: packet, mtu: 1500, reassembly: nil, identification: 0)
        #expect(packets == [packet])
    }

    @Test func asLargeAsTheLinkTakes() {
        let packet = datagram(3000)
        let packets = PacketFragmenter.packets(of: packet, mtu: 1500, reassembly: nil, identification: 0)
        #expect(packets.map(\.count) == [1500, 1500, 68])
        #expect(packets.map(fragmentField) == [0x2000, 0x20b9, 0x0172])
        #expect(packets.flatMap { $0.dropFirst(20) } == Array(packet.dropFirst(20)))
    }

    @Test func oldBordersStay() {
        let packet = datagram(992)
        let reassembly = PacketFragmenter.Reassembly(largest: 620, lengths: [200, 600, 200])
        let packets = PacketFragmenter.packets(
            of: packet, mtu: 1500, reassembly: reassembly, identification: 0)
        #expect(packets.map(\.count) == [220, 620, 220])
        #expect(packets.map(fragmentField) == [0x2000, 0x2019, 0x0064])
    }

    @Test func bordersThatNoLongerFit() {
        let packet = datagram(992)
        let reassembly = PacketFragmenter.Reassembly(largest: 820, lengths: [200, 800])
        let packets = PacketFragmenter.packets(
            of: packet, mtu: 600, reassembly: reassembly, identification: 0)
        #expect(packets.map(\.count) == [596, 444])
    }

    @Test func fragmentHeaderOfIPv6() {
        let packet = datagram(2000, family: .ipv6)
        let packets = PacketFragmenter.packets(of: packet, mtu: 1500, reassembly: nil, identification: 7)
        #expect(packets.map(\.count) == [1496, 608])
        #expect(
            packets.map { Array($0[40..<48]) } == [[17, 0, 0, 1, 0, 0, 0, 7], [17, 0, 5, 168, 0, 0, 0, 7]])
    }

    /// A record-route option stays with the first fragment, a copied one is in all.
    @Test func optionsOfLaterFragments() {
        var builder = PacketBuilder(
            source: .v4(1), destination: .v4(2),
            .udp(PacketBuilder.UDPDatagram(from: 1, to: 2, payload: [UInt8](repeating: 0, count: 200))))
        builder.ipv4Options = [7, 3, 4, 1, 0x94, 4, 0, 0]
        let packets = PacketFragmenter.packets(
            of: builder.bytes(), mtu: 128, reassembly: nil, identification: 0)
        #expect(packets.count == 3)
        #expect(Array(packets[0][20..<28]) == [7, 3, 4, 1, 0x94, 4, 0, 0])
        #expect(Array(packets[1][20..<28]) == [1, 1, 1, 1, 0x94, 4, 0, 0])
    }

    @Test(arguments: [[], [0x45], [UInt8](repeating: 0x45, count: 30), [UInt8](repeating: 0x60, count: 60)])
    func nonsense(_ packet: [UInt8]) {
        #expect(
            PacketFragmenter.packets(of: packet, mtu: 68, reassembly: nil, identification: 0) == [packet])
    }
}
