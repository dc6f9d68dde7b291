import Foundation
import Testing

/// Inputs that somebody made to crash the program, or to be misread.
@Suite struct HostileInputTests {
    private static let capture = "Fixtures/Captures/laptop.pcap"

    private static let refused: [(text: [UInt8], complaint: String)] = [
        ([0xef, 0xbb, 0xbf] + Array("*filter\nCOMMIT\n".utf8), "byte order mark"),
        ([0xff, 0xfe, 0x2a, 0x00], "UTF-16"),
        ([0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0, 0, 0], "is a capture"),
        ([0x1f, 0x8b, 8, 0], "is compressed"),
        (Array("*filter\n".utf8) + [0, 1, 2], "no text"),
    ]

    @Test(arguments: refused.indices)
    func whatIsNoRuleFileIsToldInOneLine(index: Int) throws {
        let example = HostileInputTests.refused[index]
        let result = try Program.run(["check", "-"], input: Data(example.text))
        #expect(result.exitCode == 2)
        #expect(result.errors.contains(example.complaint))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func moreInterfaceNamesInRulesThanNumbers() throws {
        let lines = (0..<70_000).map { "-A INPUT -i if\($0) -j ACCEPT\n" }.joined()
        let result = try Program.run(
            ["replay", "-", HostileInputTests.capture], input: Data("*filter\n\(lines)COMMIT\n".utf8))
        #expect(result.exitCode == 2)
        #expect(result.errors.contains("names of interfaces"))
    }

    /// A pcapng whose every frame comes from another interface, with a name that steers terminals.
    @Test(arguments: ["table", "jsonl", "csv"])
    func moreInterfaceNamesInACaptureThanNumbers(format: String) throws {
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }
        func block(_ type: UInt32, _ body: () -> Void) {
            let start = bytes.count
            append(type)
            append(0 as UInt32)
            body()
            while bytes.count % 4 != 0 { bytes.append(0) }
            let length = UInt32(bytes.count - start + 4)
            withUnsafeBytes(of: length.littleEndian) {
                bytes.replaceSubrange(start + 4..<start + 8, with: $0)
            }
            append(length)
        }
        block(0x0a0d_0d0a) {
            append(0x1a2b_3c4d as UInt32)
            append(1 as UInt16)
            append(0 as UInt16)
            append(UInt64.max)
        }
        let interfaces = 5000
        for number in 0..<interfaces {
            block(1) {
                append(1 as UInt16)
                append(0 as UInt16)
                append(0 as UInt32)
                let name = Array("\u{1b}[31m\"\n\u{202e}\(number)".utf8)
                append(2 as UInt16)
                append(UInt16(name.count))
                bytes += name
            }
        }
        // Ethernet, then a UDP packet without data from 192.0.2.1 to 192.0.2.2.
        let frame: [UInt8] =
            [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]
            + [
                0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0xf6, 0xcd, 192, 0, 2, 1, 192, 0, 2, 2, 0, 9, 0, 9, 0, 8,
                0, 0,
            ]
        for number in 0..<interfaces {
            block(6) {
                append(UInt32(number))
                append(0 as UInt64)
                append(UInt32(frame.count))
                append(UInt32(frame.count))
                bytes += frame
            }
        }
        let result = try Program.run(
            ["replay", "Rules/laptop.v4", "-", "--format", format], input: Data(bytes))
        #expect(result.exitCode == 0)
        #expect(
            format == "table"
                || result.output.split(separator: "\n").count == interfaces + (format == "csv" ? 1 : 0))
        for text in [result.output, result.errors] {
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" })
        }
    }

    private static let snapshots: [(file: String, text: String, complaint: String?)] = [
        ("addr.json", "[{},{\"ifname\":\"eth0\",\"surplus\":[1]}]", nil),
        (
            "addr.json",
            "[{\"ifname\":\"wg0\",\"link_type\":\"none\",\"address\":\"zz\",\"mtu\":-1,\"addr_info\":[{\"family\":\"inet\"}]}]",
            nil
        ),
        ("addr.json", "[{\"ifname\":\"eth0\"},\n{\"ifname\":nan}]", "addr.json: not valid JSON, line 2"),
        ("addr.json", "[{\"ifname\":\"eth0\"},", "addr.json: not valid JSON: the end is missing"),
        ("addr.json", "[{\"ifname\":5}]", "addr.json: entry 1: not of the kind"),
        ("addr.json", "", nil),
        (
            "addr.json",
            "[{\"ifname\":\"a\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"1.2.3.4\",\"prefixlen\":99}]}]",
            "a: 1.2.3.4/99 is no address and prefix length"
        ),
        ("route.json", "[{\"dst\":\"foo\"}]", "\"foo\" is no destination"),
        (
            "route.json", "[{\"dst\":\"default\",\"metric\":99999999999,\"nexthops\":[{\"dev\":\"eth0\"}]}]",
            nil
        ),
        ("sysctl.conf", "nonsense\nnet.ipv4.ip_forward = x\n", "net.ipv4.ip_forward: \"x\" is no number"),
    ]

    @Test(arguments: snapshots.indices)
    func snapshotIsReadOrRefused(index: Int) throws {
        let example = HostileInputTests.snapshots[index]
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("*filter\nCOMMIT\n".utf8).write(to: folder.appendingPathComponent("rules.v4"))
        try Data(example.text.utf8).write(to: folder.appendingPathComponent(example.file))
        let result = try Program.run(["replay", folder.path, HostileInputTests.capture, "--count", "3"])
        #expect(result.exitCode == (example.complaint == nil ? 0 : 2))
        if let complaint = example.complaint { #expect(result.errors.contains(complaint)) }
    }
}
