import Foundation
import Glibc
import Testing

/// `gatehouse snapshot`, and what reads its results.
@Suite struct SnapshotTests {
    private static func shell(_ script: String, _ arguments: [String] = []) throws -> (
        code: Int32, text: String
    ) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh", Program.executable.path] + arguments
        process.currentDirectoryURL = Program.repository
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    private static func has(_ tool: String) -> Bool { (try? shell("command -v \(tool)").code) == 0 }

    @Test(.enabled(if: has("shellcheck") && has("dash"), "needs shellcheck and dash"))
    func theScriptIsCleanPOSIXShell() throws {
        let result = try SnapshotTests.shell(
            #""$1" snapshot --print-script | shellcheck -s sh - && "$1" snapshot --print-script | dash -n"#)
        #expect(result.code == 0, "\(result.text)")
    }

    @Test func whatIsMissingIsSaid() throws {
        // A search path with nothing but what every system has.
        let result = try SnapshotTests.shell(
            #"""
            set -e; work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
            mkdir "$work/bin"
            for tool in head grep rm mktemp mkdir ls cp uname id tr sed cat sysctl; do
              ln -s "$(PATH=$PATH:/usr/sbin command -v $tool)" "$work/bin/$tool"
            done
            "$1" snapshot --print-script | sed 's/^PATH=.*/PATH='"$(echo "$work" | sed 's,/,\\/,g')"'\/bin/' > "$work/script"
            code=0; sh "$work/script" "$work/made" || code=$?
            cat "$work/made/snapshot.txt"; ls "$work/made"; exit $code
            """#)
        #expect(result.code == 1)
        #expect(result.text.contains("missing rules.v4: iptables-save: not found\n"))
        #expect(result.text.contains("missing addr.json: ip: not found\n"))
        #expect(result.text.hasSuffix("snapshot.txt\nsysctl.conf\n"))
    }

    @Test func aFolderWithSomethingInItStaysAsItIs() throws {
        let result = try Program.run(["snapshot", "Fixtures/Hosts"])
        #expect(result.exitCode == 2)
        #expect(result.errors == "snapshot: Fixtures/Hosts: the folder isn't empty\n")
    }

    /// A router in a namespace; the kernel and what its snapshot says of it have to agree.
    @Test(.enabled(if: geteuid() == 0 && has("iptables-legacy-restore"), "needs root and iptables"))
    func theSnapshotOfALiveHostStandsForIt() throws {
        let result = try SnapshotTests.shell(
            #"""
            set -e; work=$(mktemp -d); name=gatehouse-snapshot-$$
            trap 'rm -rf "$work"; ip netns del $name; ip netns del $name-wire' EXIT
            ip netns add $name; ip netns add $name-wire
            for device in lan0 wan0; do
              ip -n $name link add $device type veth peer name $device netns $name-wire
            done
            ip -n $name link set lan0 address 02:00:00:00:01:01; ip -n $name link set wan0 address 02:00:00:00:02:01
            for device in lan0 wan0; do
              ip -n $name link set $device up; ip -n $name-wire link set $device up
            done
            ip -n $name link set lo up
            ip -n $name address add 192.0.2.1/24 dev lan0; ip -n $name address add 198.51.100.2/24 dev wan0
            ip -n $name route add default via 198.51.100.1
            run() { ip netns exec $name "$@"; }
            run sysctl -qw net.ipv4.ip_forward=1
            run ipset create inside hash:net; run ipset add inside 192.0.2.0/25
            run iptables-legacy-restore <<END
            *nat
            -A POSTROUTING -o wan0 -j MASQUERADE
            COMMIT
            *filter
            :FORWARD DROP
            -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
            -A FORWARD -i lan0 -m set --match-set inside src -p udp --dport 53 -j ACCEPT
            -A FORWARD -i lan0 -p tcp -j REJECT --reject-with tcp-reset
            COMMIT
            END
            run "$1" snapshot "$work/made"
            run "$1" snapshot "$work/made.tar.gz"
            capture=lan0=Fixtures/Captures/home-router-lan-in.pcap
            "$1" replay "$work/made" --capture $capture --format jsonl > "$work/folder.jsonl"
            "$1" replay "$work/made.tar.gz" --capture $capture --format jsonl > "$work/archive.jsonl"
            cmp "$work/folder.jsonl" "$work/archive.jsonl"
            "$1" verify "$work/made.tar.gz" --capture $capture
            "$1" explain --host "$work/made" "$work/made.tar.gz" 'udp 192.0.2.9:4000 > 203.0.113.5:53 in=lan0' | tail -n 1
            """#)
        #expect(result.code == 0, "\(result.text)")
        #expect(result.text.contains(" 0 differ (") || result.text.contains(" 0 differ\n"), "\(result.text)")
        #expect(result.text.hasSuffix("translated to udp 198.51.100.2:4000 > 203.0.113.5:53\n"))
    }

    // MARK: Archives

    /// What may be wrong with an archive, and what is said of it.
    private static let hostile: [(entries: [Tar], end: Tar.End, message: String)] = [
        ([Tar("../up/rules.v4")], .whole, "the archive has a path that leads out of it: ../up/rules.v4"),
        ([Tar("/etc/rules.v4")], .whole, "the archive has a path that leads out of it: /etc/rules.v4"),
        (
            [Tar("a/rules.v4", kind: "2")], .whole,
            "a/rules.v4 is a link or a device in the archive, not a file"
        ),
        (
            [Tar("a/rules.v4", kind: "3")], .whole,
            "a/rules.v4 is a link or a device in the archive, not a file"
        ),
        (
            [Tar("a/rules.v4"), Tar("b/addr.json")], .whole,
            "the archive has files of a snapshot in more than one folder"
        ),
        ([Tar("a/rules.v4", size: 1 << 32)], .whole, "the archive has an entry of over 256 MiB"),
        ([Tar("a/rules.v4", size: 4096)], .whole, "the archive has an end in the middle of an entry"),
        ([Tar("a/rules.v4")], .none, "the archive has an end in the middle of an entry"),
        ([Tar("a/rules.v4"), Tar("a/x", sum: 1)], .whole, "the archive has a header with a wrong checksum"),
        ([Tar("a/notes.txt")], .whole, "holds neither rules.v4 nor rules.v6"),
        ([Tar("a/b\u{1b}[2J/../rules.v4")], .whole, "a path that leads out of it: a/b\\u{1b}[2J/../rules.v4"),
    ]

    @Test(arguments: hostile.indices)
    func aHostileArchiveIsRefused(index: Int) throws {
        let (entries, end, message) = SnapshotTests.hostile[index]
        let bytes = entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: end.rawValue)
        let path = try SnapshotTests.file(bytes, "bad.tar")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let result = try Program.run(["check", path])
        #expect(result.exitCode == 2)
        #expect(result.errors.hasPrefix("gatehouse: ") && result.errors.contains(message), "\(result.errors)")
    }

    @Test func whatIsNoArchiveIsSaid() throws {
        let result = try Program.run(
            ["explain", "--host", "README.md", "Rules/laptop.v4", "tcp 192.0.2.9 > 192.0.2.20:22 in=eth0"])
        #expect(result.exitCode == 2)
        #expect(result.errors == "gatehouse: README.md is no folder, nor an archive of one\n")
    }

    @Test func compressedArchivesAreReadToTheirEndOnly() throws {
        let entry = Tar("a/rules.v4").bytes
        let whole = try SnapshotTests.file(entry + [UInt8](repeating: 0, count: 1024), "whole.tar")
        let endless = try SnapshotTests.file(entry, "endless.tar")
        defer { for path in [whole, endless] { try? FileManager.default.removeItem(atPath: path) } }
        let result = try SnapshotTests.shell(
            #"""
            work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
            gzip -c "$2" > "$work/whole.tar.gz"
            head -c -6 "$work/whole.tar.gz" > "$work/cut.tar.gz"
            { cat "$3"; head -c 300000000 /dev/zero; } | gzip -1 > "$work/endless.tar.gz"
            for name in whole cut endless; do "$1" check "$work/$name.tar.gz"; echo "$name $?"; done
            """#, [whole, endless])
        #expect(
            result.text.contains("whole.tar.gz/rules.v4: ok: IPv4, 0 tables, 0 chains, 0 rules\nwhole 0\n"))
        #expect(result.text.contains("the gzip data ends before its end mark"))
        #expect(result.text.contains("cut 2\n"))
        #expect(result.text.contains("endless.tar.gz: the archive has over 256 MiB\nendless 2\n"))
    }

    private static func file(_ bytes: [UInt8], _ name: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "\(UUID().uuidString)-\(name)")
        try Data(bytes).write(to: path)
        return path.path
    }
}

/// An entry of a tar archive whose file has no bytes.
private struct Tar {
    enum End: Int {
        case none = 0
        case whole = 1024
    }

    var bytes = [UInt8](repeating: 0, count: 512)

    /// - Parameter sum: what is added to the right checksum.
    init(_ name: String, kind: Character = "0", size: Int = 0, sum: Int = 0) {
        func put(_ text: String, at place: Int) {
            for (offset, byte) in text.utf8.enumerated() { bytes[place + offset] = byte }
        }
        func octal(_ number: Int, _ digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put(octal(size, 11), at: 124)
        put(String(repeating: " ", count: 8), at: 148)
        put(String(kind), at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(bytes.reduce(0) { $0 + Int($1) } + sum, 6) + "\u{0}", at: 148)
    }
}
