import Captures
import Packets
import Testing

@Suite struct BPFFilterTests {
    static let ethernet = LinkType(rawValue: 1)

    /// An Ethernet frame with a TCP segment from 192.0.2.1:40000 to 198.51.100.2:443.
    static let segment: [UInt8] =
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0] + [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0]
        + [192, 0, 2, 1, 198, 51, 100, 2] + [
            0x9c, 0x40, 1, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0,
        ]

    static func matches(_ filter: BPFFilter, _ bytes: [UInt8], original: UInt32 = 0) -> Bool {
        let frame = Frame(
            timestamp: Timestamp(nanoseconds: 0), originalLength: original, linkType: filter.linkType)
        return filter.matches(frame, bytes.span.bytes)
    }

    @Test(
        "expressions match as tcpdump's do",
        arguments: [
            ("", true), ("tcp port 443", true), ("src host 192.0.2.1 and dst net 198.51.100.0/24", true),
            ("udp", false), ("tcp[tcpflags] & tcp-syn != 0", true), ("greater 1000", true),
            ("less 1000", false),
        ])
    func expressions(expression: String, expected: Bool) throws {
        let filter = try BPFFilter(expression, linkType: Self.ethernet)
        #expect(Self.matches(filter, Self.segment, original: 1514) == expected)
    }

    @Test("a link type has its own offsets")
    func linkTypes() throws {
        let raw = try BPFFilter("tcp dst port 443", linkType: LinkType(rawValue: 101))
        #expect(Self.matches(raw, Array(Self.segment.dropFirst(14))))
        #expect(!Self.matches(raw, Self.segment))
    }

    @Test("bytes that weren't captured don't match")
    func truncation() throws {
        let filter = try BPFFilter("tcp dst port 443", linkType: Self.ethernet)
        for count in 0..<38 {
            #expect(!Self.matches(filter, Array(Self.segment.prefix(count)), original: 54))
        }
        let empty = try BPFFilter("", linkType: Self.ethernet)
        #expect(Self.matches(empty, []))
    }

    @Test("an error carries libpcap's words")
    func errors() {
        let error = #expect(throws: BPFFilter.SyntaxError.self) {
            _ = try BPFFilter("tcp prot 80", linkType: Self.ethernet)
        }
        #expect(error?.description.contains("syntax error") == true)
        #expect(throws: BPFFilter.SyntaxError.self) {
            _ = try BPFFilter("ether host 02:00:00:00:00:01", linkType: LinkType(rawValue: 101))
        }
    }

    @Test("link types have libpcap's names")
    func names() {
        let names: [UInt16: String] = [
            0: "NULL", 1: "EN10MB", 12: "RAW", 101: "RAW", 113: "LINUX_SLL", 276: "LINUX_SLL2", 239: "NFLOG",
            65535: "LINKTYPE_65535",
        ]
        for (number, name) in names { #expect(LinkType(rawValue: number).name == name) }
    }
}
