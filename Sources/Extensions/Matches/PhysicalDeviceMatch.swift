public import Packets
public import RuleModel

/// `-m physdev` (extensions/libxt_physdev.c; net/netfilter/xt_physdev.c): the ports of a bridge. No bridge is simulated, and
/// a packet that crosses none matches if all tests are negated.
public struct PhysicalDeviceMatch: Match {
    private static let tests: [(option: String, words: String)] = [
        ("--physdev-is-in", "came in through a bridge port"),
        ("--physdev-in", "came in through the bridge port"),
        ("--physdev-is-out", "leaves through a bridge port"),
        ("--physdev-out", "leaves through the bridge port"),
        ("--physdev-is-bridged", "is bridged"),
    ]

    public static let schema = ExtensionSchema(
        "physdev",
        options: tests.map {
            OptionSpec($0.option, argument: $0.option.contains("-is-") ? .none : .one, negatable: true)
        })

    /// `IFNAMSIZ`, less the NUL at the end.
    private static let nameLength = 15

    /// By option; the interface's name, if it takes one.
    private var given: [String: Negatable<String?>] = [:]

    public init?(_ reader: inout OptionReader) {
        if reader.options.isEmpty { reader.error("physdev needs at least one option", at: reader.nameRange) }
        for option in reader.options {
            if let name = option.arguments.first, name.text.utf8.count > PhysicalDeviceMatch.nameLength {
                reader.error(
                    "an interface's name has at most \(PhysicalDeviceMatch.nameLength) bytes", at: name.range)
            }
            given[option.name] = Negatable(option.arguments.first?.text, isNegated: option.isNegated)
        }
        if reader.hasErrors { return nil }
    }

    /// `physdev_mt_check`: where a packet that the host sends leaves isn't known yet in OUTPUT.
    public var hooks: Set<Hook>? {
        let isOnlyBridged = given["--physdev-is-bridged"].map { !$0.isNegated } ?? false
        guard given["--physdev-out"] != nil || given["--physdev-is-out"] != nil, !isOnlyBridged else {
            return nil
        }
        return Set(Hook.allCases).subtracting([.output])
    }

    public var condition: Condition {
        .all(
            PhysicalDeviceMatch.tests.compactMap { option, words in
                guard let test = given[option] else { return nil }
                let name = test.value.map { " \($0)" } ?? ""
                return Condition.packet(PacketTest(summary: words + name) { _, _ in .fails })
                    .negated(if: test.isNegated)
            })
    }

    public var savedWords: [String] {
        PhysicalDeviceMatch.tests.flatMap { option, _ -> [String] in
            guard let test = given[option] else { return [] }
            return savedOption(option, isNegated: test.isNegated) + (test.value.map { [$0] } ?? [])
        }
    }
}
