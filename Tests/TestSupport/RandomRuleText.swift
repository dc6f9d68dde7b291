public import Foundation
public import Packets

/// Random lines of rule files: headers, and cases of `Fixtures/Matches` and `Fixtures/Targets` put together as nobody
/// wrote them. Most are right; some aren't, for options that exclude each other.
public struct RandomRuleText {
    private var random: SeededGenerator
    private let family: AddressFamily
    private let matches: [TableFile.Case]
    private let targets: [TableFile.Case]

    /// What needs modules that few kernels have, sets, objects of other programs, or other rules of the file; and what
    /// iptables prints so that it can't read it again.
    private static let unfit: Set<String> = [
        "CLUSTERIP", "ULOG", "LED", "SECMARK", "CONNSECMARK", "ipvs", "set", "SET", "nfacct", "rateest",
        "RATEEST",
        "hashlimit", "recent", "bpf", "TEE", "cluster", "ipcomp", "SNAT", "MASQUERADE",
    ]

    /// - Parameter fixtures: the folder `Fixtures`.
    public init(seed: UInt64, family: AddressFamily, fixtures: URL) throws {
        random = SeededGenerator(seed: seed)
        self.family = family
        func cases(_ folder: String) throws -> [TableFile.Case] {
            let folder = fixtures.appending(path: folder)
            return try FileManager.default.contentsOfDirectory(atPath: folder.path)
                .filter { $0.hasSuffix(".table") && !Self.unfit.contains(String($0.dropLast(6))) }.sorted()
                .flatMap { try TableFile(folder.appending(path: $0)).cases }
                .filter { test in
                    test.family == family && test.saved != nil && test.chain.uppercased() == test.chain
                        && test.before.isEmpty
                }
        }
        matches = try cases("Matches")
        targets = try cases("Targets")
    }

    /// A table with one line in it, or several, in the chains that `rule` uses.
    public static func file(table: String, _ lines: [String]) -> String {
        let user =
            table == "filter"
            ? ":first - [0:0]\n:second - [0:0]\n-A INPUT -j first\n-A first -g second\n" : ""
        return "*\(table)\n\(user)\(lines.map { $0 + "\n" }.joined())COMMIT\n"
    }

    /// - Parameter table: filter, mangle, raw or nat.
    public mutating func rule(table: String) -> String {
        let places =
            matches.filter { $0.table == table }.map(\.chain) + [table == "filter" ? "INPUT" : "OUTPUT"]
        let hook = places.randomElement(using: &random)!
        let chain = hook == "INPUT" && table == "filter" && chance(2) ? ["first", "second"][number(2)] : hook
        func fitting(_ cases: [TableFile.Case]) -> [TableFile.Case] {
            cases.filter { $0.table == table && $0.chain == hook }
        }
        var parts: [String] = []
        for _ in 0..<number(4) {
            guard let match = fitting(matches).randomElement(using: &random) else { break }
            if fits(match.rule, parts) { parts.append(match.rule) }
        }
        if let target = fitting(targets).randomElement(using: &random), !chance(5), fits(target.rule, parts) {
            parts.append(target.rule)
        } else if chain == "first", chance(2) {
            parts.append(chance(2) ? "-j second" : "-g second")
        }
        for header in header(hook) where fits(header, parts) {
            parts.insert(header, at: chance(3) ? parts.count : 0)
        }
        return (["-A", chain] + parts).joined(separator: " ")
    }

    private static let headerOptions: Set<Substring> = [
        "-p", "-s", "-d", "-i", "-o", "-f", "-j", "-g", "--protocol", "--jump", "--goto",
    ]

    /// Whether no option of the header is given twice.
    private func fits(_ part: String, _ parts: [String]) -> Bool {
        func options(_ text: String) -> Set<Substring> {
            Set(text.split(separator: " ")).intersection(Self.headerOptions)
        }
        return parts.allSatisfy { options($0).isDisjoint(with: options(part)) }
    }

    private mutating func header(_ hook: String) -> [String] {
        var parts: [String] = []
        if chance(2) { parts.append(negated("-s \(address())")) }
        if chance(3) { parts.append(negated("-d \(address())")) }
        if chance(6) { parts.append("-s \(address()),\(address())") }
        if chance(3), !["OUTPUT", "POSTROUTING"].contains(hook) {
            parts.append(negated("-i \(interface())"))
        }
        if chance(3), !["INPUT", "PREROUTING"].contains(hook) { parts.append(negated("-o \(interface())")) }
        if chance(3) {
            let names = ["tcp", "udp", "6", "0x11", "ICMP", "esp", "gre", "132", "255", "ipv6-icmp", "all"]
            parts.append("-p \(names.randomElement(using: &random)!)")
        }
        if chance(12), family == .ipv4 { parts.append(negated("-f")) }
        return parts
    }

    private mutating func address() -> String {
        if family == .ipv6 {
            let words = [
                "2001:db8::1", "fe80::/10", "::/0", "2001:db8:0:0:1::/80", "::ffff:192.0.2.1",
                "ff02::1/ffff::",
            ]
            return words.randomElement(using: &random)!
        }
        let address = (0..<4).map { _ in String(number(256)) }.joined(separator: ".")
        return switch number(4) {
        case 0: address
        case 1: "\(address)/\(number(33))"
        case 2: "\(address)/255.255.\(number(2) * 255).0"
        default: "\(number(256)).\(number(256))/16"
        }
    }

    private mutating func interface() -> String {
        ["eth0", "lo", "ppp+", "wlan0", "eth0.10", "br-lan", "tun+", "a:b"].randomElement(using: &random)!
    }

    private mutating func negated(_ text: String) -> String { chance(4) ? "! \(text)" : text }
    private mutating func number(_ upper: Int) -> Int { Int.random(in: 0..<upper, using: &random) }
    private mutating func chance(_ one: Int) -> Bool { number(one) == 0 }
}
