public import Packets
public import RuleModel

/// `-m devgroup` (extensions/libxt_devgroup.c; net/netfilter/xt_devgroup.c): the groups of the interfaces.
public struct DeviceGroupMatch: Match {
    public static let schema = ExtensionSchema(
        "devgroup",
        options: [OptionSpec("--src-group", negatable: true), OptionSpec("--dst-group", negatable: true)])

    private var source: NamedNumberTest?
    private var destination: NamedNumberTest?

    public init?(_ reader: inout OptionReader) {
        if reader.options.isEmpty {
            reader.error("devgroup needs --src-group or --dst-group", at: reader.nameRange)
        }
        source = reader.option("--src-group").flatMap {
            NamedNumberTest($0, zeroName: "default", what: "a device group", &reader)
        }
        destination = reader.option("--dst-group").flatMap {
            NamedNumberTest($0, zeroName: "default", what: "a device group", &reader)
        }
        if reader.hasErrors { return nil }
    }

    /// `devgroup_mt_checkentry`
    public var hooks: Set<Hook>? {
        var hooks = Set(Hook.allCases)
        if source != nil { hooks.formIntersection([.prerouting, .input, .forward]) }
        if destination != nil { hooks.formIntersection([.forward, .output, .postrouting]) }
        return hooks
    }

    public var condition: Condition {
        var parts: [Condition] = []
        for (interface, test) in [("in-interface", source), ("out-interface", destination)] {
            guard let test else { continue }
            let fact = FactTest(fact: "devgroup", summary: "\(interface) in device group \(test.savedWord)")
            parts.append(Condition.fact(fact).negated(if: test.isNegated))
        }
        return .all(parts)
    }

    public var savedWords: [String] {
        var words: [String] = []
        for (name, test) in [("--src-group", source), ("--dst-group", destination)] {
            if let test { words += savedOption(name, test.savedWord, isNegated: test.isNegated) }
        }
        return words
    }
}
