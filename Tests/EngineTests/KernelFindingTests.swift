import Conntrack
import Engine
import Packets
import RuleModel
import Testing

/// What random rules and packets (`Tests/KernelTests`) showed to be otherwise in the kernel.
@Suite struct KernelFindingTests {
    /// Of an IPv6 address, `-m cluster` hashes the first 32 bits only.
    @Test func aClusterHashesTheBeginningOfAnAddress() throws {
        let rule = "-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0xdeadbeef"
        var lab = try Laboratory("*filter\n-A FORWARD \(rule)", family: .ipv6)
        try lab.send("udp [2001:db8:1::5]:1 > [2001:db8:0:1::7]:2 len 56")
        try lab.send("udp [2001:db8:9::8]:1 > [2001:db8:0:1::7]:2 len 56")
        #expect(lab.counters(.filter, "FORWARD") == "[0:0] [2:112]")
        var other = try Laboratory(
            "*filter\n-A FORWARD \(rule.replacing("node 1", with: "node 2"))", family: .ipv6)
        try other.send("udp [2001:db8:1::5]:1 > [2001:db8:0:1::7]:2 len 56")
        #expect(other.counters(.filter, "FORWARD") == "[1:56] [1:56]")
    }

    private func answer(
        _ transport: PacketBuilder.Transport, family: AddressFamily = .ipv4, sent: Bool = false
    ) throws -> RejectKind? {
        var lab = try Laboratory("*filter\n-A FORWARD -j REJECT\n-A OUTPUT -j REJECT", family: family)
        let ends: (IPAddress, IPAddress) =
            family == .ipv4
            ? (.v4(0x0a00_0005), .v4(0xc633_6407))
            : (.v6(0x2001_0db8 << 96 | (sent ? 1 : 5)), .v6(0x2001_0db8_0000_0001 << 64 | 7))
        let bytes = PacketBuilder(source: ends.0, destination: ends.1, transport).bytes()
        let result = try lab.send(bytes, in: sent ? nil : "lan", sent: sent)
        #expect(result.verdict == .reject)
        return result.rejectKind
    }

    @Test func aHeaderThatIsCutShortIsNotAnswered() throws {
        for transport in [IPProtocol.tcp, .udp, .icmp] {
            #expect(try answer(.other(transport, [])) == nil)
            #expect(try answer(.other(transport, [0, 80, 0])) == nil)
        }
        #expect(try answer(.other(.sctp, [0, 80, 0])) == .icmpPortUnreachable)
    }

    @Test func dccpIsNotAnswered() throws {
        let request: [UInt8] = [
            4, 1, 0, 80, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0,
        ]
        #expect(try answer(.other(.dccp, request)) == nil)
    }

    @Test func ownPacketsWithoutAnUpperLayerAreNotAnswered() throws {
        let authentication: [UInt8] =
            [59, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
        #expect(try answer(.other(.ah, authentication), family: .ipv6, sent: true) == nil)
    }

    /// The first address of the interface with the scope of the destination.
    @Test func aRedirectedGroupPacketGoesToAnAddressOfTheLink() throws {
        let words = "udp [2001:db8::9]:1 > [ff02::1]:2 len 56"
        var lab = try Laboratory("*nat\n-A PREROUTING -p udp -j REDIRECT", family: .ipv6)
        // This host has none on the link.
        #expect(try lab.send(words, type: .multicast).verdict == .drop)
        var global = try Laboratory("*nat\n-A PREROUTING -p udp -j REDIRECT", family: .ipv6)
        let result = try global.send(words.replacing("ff02::1", with: "ff0e::1"), type: .multicast)
        let first: UInt128 = 0x2001_0db8 << 96 | 1
        #expect(result.translation?.destination?.address == first)
    }

    /// `-m hashlimit` drops what has no upper layer at all, where it looks for ports.
    @Test func aRateByPortDropsWhatHasNoUpperLayer() throws {
        let limit =
            "-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 1 --hashlimit-name h --hashlimit-mode"
        for (mode, verdict) in [("srcip,dstport", PacketVerdict.drop), ("srcip", .accept)] {
            var lab = try Laboratory("*filter\n-A FORWARD \(limit) \(mode) -j ACCEPT", family: .ipv6)
            let packet = PacketBuilder(
                source: .v6(0x2001_0db8 << 96 | 5), destination: .v6(0x2001_0db8_0000_0001 << 64 | 7),
                .other(.ipv6NoNext, [1, 2, 3, 4]))
            #expect(try lab.send(packet.bytes(), in: "lan").verdict == verdict)
        }
    }

    /// Rule 1 of RFC 6724, section 5.
    @Test func masqueradedToItselfAHostKeepsTheAddress() throws {
        var lab = try Laboratory("*nat\n-A POSTROUTING -j MASQUERADE", family: .ipv6)
        let own = "2001:db8:0:1::1"
        let result = try lab.send("udp [\(own)]:1 > [\(own)]:2 len 56", sent: true)
        #expect(result.verdict == .accept && result.translation?.source == nil)
    }

    /// A packet that comes back over loopback keeps its connection; one without any is asked about again.
    @Test func anInvalidPacketThatComesBackMayBeLeftUntracked() throws {
        var lab = try Laboratory(
            "*raw\n-A PREROUTING -j CT --notrack\nCOMMIT\n*filter\n-A INPUT -m conntrack --ctstate UNTRACKED")
        let invalid = try lab.send("tcp 127.0.0.1:1 > 127.0.0.1:2 FA", sent: true)
        #expect(invalid.connectionState == .invalid)
        try lab.send("tcp 127.0.0.1:1 > 127.0.0.1:2 S", sent: true)
        #expect(lab.counters(.filter, "INPUT") == "[1:40] [2:80]")
    }

    @Test func aPacketThatEndsItsConnectionStillSeesTheLabels() throws {
        var lab = try Laboratory(
            "*filter\n-A FORWARD -m connlabel --label 3\n-A FORWARD -m connlabel --label 3 --set")
        try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:2 S seq=1")
        try lab.send("tcp 10.0.0.5:1 > 198.51.100.7:2 R seq=2")
        #expect(lab.counters(.filter, "FORWARD") == "[1:40] [2:80] [2:80]")
        #expect(lab.firewall.connections.count == 0)
    }
}
