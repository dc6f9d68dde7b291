import Engine
import Foundation
import KernelOracle
import Packets
import RuleModel

/// What was tried against the kernel, by feature, as a table of `Documentation/Conformance.md`. A run adds to the figures that
/// the file already has.
struct ConformanceTable {
    private struct Figures {
        var cases = 0
        var met = 0
        var disagreements = 0

        /// `cases / met / disagreements`
        var text: String { cases == 0 ? "" : "\(cases) / \(met) / \(disagreements)" }

        init() {}

        init(_ text: Substring) {
            let numbers = text.split(separator: "/").map { Int($0.trimmingCharacters(in: .whitespaces)) ?? 0 }
            guard numbers.count == 3 else { return }
            (cases, met, disagreements) = (numbers[0], numbers[1], numbers[2])
        }
    }

    private static let columns = ["IPv4, legacy", "IPv6, legacy", "IPv4, nft", "IPv6, nft"]
    private var rows: [String: [String: Figures]] = [:]
    private let file: URL

    init(_ path: String) {
        file = URL(fileURLWithPath: path)
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == Self.columns.count + 3, cells[2].first?.isNumber ?? true,
                cells.dropFirst(2).contains(where: { $0.contains("/") })
            else { continue }
            for (column, cell) in zip(Self.columns, cells[2...]) {
                rows[cells[1], default: [:]][column] = Figures(Substring(cell))
            }
        }
    }

    private static func column(_ test: RandomCase) -> String {
        "\(test.family == .ipv4 ? "IPv4" : "IPv6"), \(test.backend.rawValue)"
    }

    /// - Parameters:
    ///   - counters: `iptables-save -c` of the kernel.
    ///   - smallest: what was left of a case that differs.
    mutating func add(_ test: RandomCase, counters: String, smallest: RandomCase?) {
        let column = Self.column(test)
        let rules = test.rules.split(separator: "\n").filter { $0.hasPrefix("-A") }
        let matched = counters.split(separator: "\n").filter { $0.hasPrefix("[") && !$0.hasPrefix("[0:") }
        let features = Feature.all(rules: rules).union(Feature.all(packets: test))
        let met = Feature.all(rules: matched).union(Feature.all(packets: test))
        let guilty = smallest.map {
            Feature.all(rules: $0.rules.split(separator: "\n").filter { $0.hasPrefix("-A") })
                .union(Feature.all(packets: $0))
        }
        for feature in features {
            rows[feature, default: [:]][column, default: Figures()].cases += 1
            if met.contains(feature) { rows[feature]?[column]?.met += 1 }
            if guilty?.contains(feature) ?? false { rows[feature]?[column]?.disagreements += 1 }
        }
    }

    func write() throws {
        var release = utsname()
        uname(&release)
        let kernel = withUnsafeBytes(of: &release.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        var text = """
            # What was tried against the kernel

            Random rules and traffic (`Tests/KernelTests`) through Linux \(kernel) and through the simulation. A cell says in how many
            cases a feature was tried, in how many of them a rule with it matched a packet of the kernel's (of traffic: all), and in
            how many the two disagreed about a verdict, a path, a state, a byte of what left, an answer, a counter or a connection.
            The file is written by the test: `GATEHOUSE_KERNEL_TABLE=FILE swift test --filter DifferentialTests`.

            | feature | \(Self.columns.joined(separator: " | ")) |
            |---\(String(repeating: "|---", count: Self.columns.count))|

            """
        for (feature, cells) in rows.sorted(by: { $0.key < $1.key }) {
            let figures = Self.columns.map { cells[$0]?.text ?? "" }
            text += "| \(feature) | \(figures.joined(separator: " | ")) |\n"
        }
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
}

/// What rules and packets are counted under.
private enum Feature {
    static func all(rules: [Substring]) -> Set<String> {
        var features: Set<String> = ["all cases"]
        for rule in rules {
            let words = rule.split(separator: " ")
            for (word, next) in zip(words, words.dropFirst()) {
                switch word {
                case "-m": features.insert("match: \(next)")
                case "-j":
                    let isChain = next.first?.isLowercase ?? false
                    features.insert(isChain ? "traversal: jump to a chain" : "target: \(next)")
                case "-g": features.insert("traversal: goto")
                case "-f": features.insert("match: -f")
                case "-i", "-o": features.insert("match: interface")
                case "-s", "-d": features.insert("match: address")
                default: break
                }
            }
        }
        return features
    }

    static func all(packets test: RandomCase) -> Set<String> {
        var features: Set<String> = []
        for item in test.packets {
            if item.isFragment { features.insert("traffic: fragments") }
            if item.interface == nil { features.insert("traffic: the host's own") }
            if item.group != nil { features.insert("traffic: broadcasts, groups") }
            let bytes = item.bytes(run: 0)
            let number = test.family == .ipv4 ? bytes[9] : bytes[6]
            features.insert("traffic: protocol \(IPProtocol(rawValue: number))")
        }
        return features
    }
}
