import AddressSets
import Packets
import TestSupport
import Testing

/// What the recordings can't show: time, and the types that the recording kernel lacks.
struct SetMemoryTests {
    private func memory(_ text: String) throws -> (SetMemory, SetCatalogue) {
        let catalogue = try #require(read(text).catalogue, "\(read(text).diagnostics)")
        return (SetMemory(catalogue) { InterfaceTable() }, catalogue)
    }

    private func packet(_ words: String, seconds: Double = 0) throws -> (Packet, PacketMetadata) {
        let frame = try DecodedFrame(words: words)
        return (
            frame.packet,
            PacketMetadata(timestamp: Timestamp(nanoseconds: 1_000_000_000_000 + Int64(seconds * 1e9)))
        )
    }

    private let src = SetDirections(isSource: [true])

    @Test func entriesEndOnTheCapturesClock() throws {
        let (sets, _) = try memory(
            "create a hash:ip timeout 10\nadd a 10.0.0.1\nadd a 10.0.0.2 timeout 0\nadd a 10.0.0.3 timeout 30\n"
        )
        func holds(_ host: Int, at seconds: Double) throws -> Bool {
            let (packet, metadata) = try packet("udp 10.0.0.\(host):1 > 192.0.2.1:2", seconds: seconds)
            return sets.test(0, SetLookup(src), packet, metadata)
        }
        #expect(try [1, 2, 3].map { try holds($0, at: 0) } == [true, true, true])
        #expect(try [1, 2, 3].map { try holds($0, at: 10) } == [true, true, true])
        #expect(try [1, 2, 3].map { try holds($0, at: 10.001) } == [false, true, true])
        #expect(try [1, 2, 3].map { try holds($0, at: 31) } == [false, true, false])
        let (again, now) = try packet("udp 10.0.0.1:1 > 192.0.2.1:2", seconds: 31)
        #expect(sets.add(0, src, timeout: 5, replaces: false, again, now))
        #expect(!sets.add(0, src, timeout: 5, replaces: false, again, now))
        #expect(try holds(1, at: 36))
        #expect(try !holds(1, at: 36.5))
        let left = SetPrinter(sets.contents(at: Timestamp(nanoseconds: 1_033_000_000_000))).text()
        #expect(left.hasSuffix("add a 10.0.0.1 timeout 3\nadd a 10.0.0.2 timeout 0\n"))
    }

    /// A full set takes a new element if one of the old ones has expired, or if it was made to force it.
    @Test func fullSetsMakeRoomWhereTheyMay() throws {
        let (sets, _) = try memory(
            "create a hash:ip timeout 10 maxelem 2\ncreate b hash:ip maxelem 2 forceadd\ncreate c hash:ip maxelem 2\n"
        )
        func add(_ set: Int, _ host: Int, at seconds: Double) throws -> Bool {
            let (packet, metadata) = try packet("udp 10.0.0.\(host):1 > 192.0.2.1:2", seconds: seconds)
            return sets.add(set, src, timeout: nil, replaces: false, packet, metadata)
        }
        #expect(try [1, 2, 3].map { try add(0, $0, at: 0) } == [true, true, false])
        #expect(try add(0, 3, at: 11))
        #expect(try (1...9).map { try add(1, $0, at: 0) }.allSatisfy { $0 })
        #expect(try [1, 2, 3].map { try add(2, $0, at: 0) } == [true, true, false])
        let counts = sets.contents(at: Timestamp(nanoseconds: 1_011_000_000_000)).sets.map(\.count)
        #expect(counts == [1, 2, 2])
    }

    /// The address of a `bitmap:ip,mac` takes the first packet's MAC address, and its time begins then.
    @Test func anAddressLearnsItsMAC() throws {
        let (sets, _) = try memory("create a bitmap:ip,mac range 10.0.0.0/24 timeout 10\nadd a 10.0.0.1\n")
        let both = SetLookup(SetDirections(isSource: [true, true]))
        func holds(_ mac: UInt64, at seconds: Double) throws -> Bool {
            var (packet, metadata) = try packet("udp 10.0.0.1:1 > 192.0.2.1:2", seconds: seconds)
            metadata.hasMACs = true
            metadata.sourceMAC = MACAddress(bits: mac)
            return sets.test(0, both, packet, metadata)
        }
        #expect(try holds(1, at: 60))
        #expect(try !holds(2, at: 61))
        #expect(try holds(1, at: 70))
        #expect(try !holds(1, at: 71))
    }

    @Test func networksOfBothEndsMatchLongestFirst() throws {
        let (sets, catalogue) = try memory(
            """
            create nn hash:net,net
            add nn 10.0.0.0/8,192.0.2.0/24
            add nn 10.0.0.0/16,192.0.2.0/24 nomatch
            add nn 10.0.0.0/16,192.0.2.1
            create npn hash:net,port,net
            add npn 10.0.0.0/8,udp:2,0.0.0.0/0
            add npn 10.0.0.0/8,udp:2,192.0.2.0/24 nomatch
            create mark hash:ip,mark markmask 0xff
            add mark 10.1.0.1,0x5
            create mac hash:mac
            add mac 00:00:00:00:00:07
            create ipmac hash:ip,mac
            add ipmac 10.1.0.1,00:00:00:00:00:07

            """)
        func holds(_ name: String, _ words: String, _ directions: [Bool]) throws -> Bool {
            var (packet, metadata) = try packet(words)
            metadata.mark = 0x105
            metadata.hasMACs = true
            metadata.sourceMAC = MACAddress(bits: 7)
            metadata.destinationMAC = MACAddress(bits: 8)
            let lookup = SetLookup(SetDirections(isSource: directions))
            return sets.test(try #require(catalogue.index(of: name)), lookup, packet, metadata)
        }
        #expect(try holds("nn", "udp 10.1.0.1:1 > 192.0.2.9:2", [true, false]))
        #expect(try !holds("nn", "udp 10.0.0.1:1 > 192.0.2.9:2", [true, false]))
        #expect(try holds("nn", "udp 10.0.0.1:1 > 192.0.2.1:2", [true, false]))
        #expect(try !holds("nn", "udp 10.1.0.1:1 > 192.0.2.9:2", [false, true]))
        #expect(try holds("npn", "udp 10.1.0.1:1 > 203.0.113.9:2", [true, false, false]))
        #expect(try !holds("npn", "udp 10.1.0.1:1 > 192.0.2.9:2", [true, false, false]))
        #expect(try !holds("npn", "tcp 10.1.0.1:1 > 203.0.113.9:2 S", [true, false, false]))
        #expect(try !holds("npn", "udp 10.1.0.1:1 > 203.0.113.9:2", [true, false]))
        #expect(try holds("mark", "udp 10.1.0.1:1 > 192.0.2.9:2", [true, true]))
        #expect(try !holds("mark", "udp 10.1.0.2:1 > 192.0.2.9:2", [true, true]))
        #expect(try holds("mac", "udp 10.1.0.1:1 > 192.0.2.9:2", [true]))
        #expect(try !holds("mac", "udp 10.1.0.1:1 > 192.0.2.9:2", [false]))
        #expect(try holds("ipmac", "udp 10.1.0.1:1 > 192.0.2.9:2", [true, true]))
        #expect(try !holds("ipmac", "udp 10.1.0.1:1 > 192.0.2.9:2", [true, false]))
    }
}
