import Packets
public import RuleModel

/// `-m cgroup`, revision 2 (extensions/libxt_cgroup.c; net/netfilter/xt_cgroup.c). A packet without a socket of this host
/// never matches, negated or not.
public struct CgroupMatch: Match {
    public static let schema = ExtensionSchema(
        "cgroup", hooks: [.input, .output, .postrouting],
        options: [OptionSpec("--path", negatable: true), OptionSpec("--cgroup", negatable: true)])

    /// `sizeof(path)`, less the NUL at the end.
    private static let pathLength = 511

    private enum Group: Hashable, Sendable {
        case path(String)
        case classID(UInt32)
    }

    private let group: Group
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: ["--path", "--cgroup"]) else { return nil }
        let argument = option.arguments[0]
        isNegated = option.isNegated
        if option.name == "--path" {
            group = .path(argument.text.cut(toBytes: CgroupMatch.pathLength))
            return
        }
        guard let number = reader.number(argument, in: 0...UInt64(UInt32.max), what: "a class id") else {
            return nil
        }
        group = .classID(UInt32(number))
    }

    public var condition: Condition {
        let words =
            switch group {
            case .path(let path): "cgroup \(path)"
            case .classID(let number): "cgroup class \(number)"
            }
        let test = Condition.fact(FactTest(fact: "cgroup", summary: words))
        guard isNegated else { return test }
        return .all([.fact(FactTest(fact: "cgroup", summary: "has a socket")), .not(test)])
    }

    public var savedWords: [String] {
        switch group {
        case .path(let path): savedOption("--path", savedString(path), isNegated: isNegated)
        case .classID(let number): savedOption("--cgroup", "\(number)", isNegated: isNegated)
        }
    }
}
