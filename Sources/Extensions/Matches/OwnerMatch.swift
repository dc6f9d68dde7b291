import Packets
public import RuleModel

/// `-m owner`, revision 1 (extensions/libxt_owner.c; net/netfilter/xt_owner.c): who opened the socket that sends the packet.
/// A packet without a socket matches if all of its tests are negated.
public struct OwnerMatch: Match {
    public static let schema = ExtensionSchema(
        "owner", evaluation: .needs("owner"), hooks: [.output, .postrouting],
        options: [
            OptionSpec("--uid-owner", negatable: true),
            OptionSpec("--gid-owner", negatable: true),
            OptionSpec("--socket-exists", argument: .none, negatable: true),
            OptionSpec("--suppl-groups", argument: .none),
        ])

    /// Numbers, or the name of somebody who isn't known here.
    private enum Identity: Hashable, Sendable {
        case numbers(UInt32, UInt32)
        case name(String)

        var text: String {
            switch self {
            case .numbers(let low, let high): low == high ? "\(low)" : "\(low)-\(high)"
            case .name(let name): name
            }
        }
    }

    private var user: Negatable<Identity>?
    private var group: Negatable<Identity>?
    private var wantsSocket: Bool?
    private let searchesSupplementaryGroups: Bool

    public init?(_ reader: inout OptionReader) {
        searchesSupplementaryGroups = reader.option("--suppl-groups") != nil
        wantsSocket = reader.option("--socket-exists").map { !$0.isNegated }
        user = OwnerMatch.identity("--uid-owner", "user", &reader)
        group = OwnerMatch.identity("--gid-owner", "group", &reader)
        let places = ["--gid-owner", "--suppl-groups"].map { name in
            reader.options.firstIndex { $0.name == name }
        }
        if reader.options.isEmpty {
            reader.error("owner needs --uid-owner, --gid-owner or --socket-exists", at: reader.nameRange)
        } else if let place = places[1], places[0].map({ $0 > place }) ?? true {
            reader.error("--gid-owner must stand before --suppl-groups", at: reader.options[place].range)
        }
        if reader.hasErrors { return nil }
    }

    private static func identity(
        _ name: String, _ what: String, _ reader: inout OptionReader
    ) -> Negatable<Identity>? {
        guard let option = reader.option(name) else { return nil }
        let argument = option.arguments[0]
        if let number = ids[argument.text] {
            return Negatable(.numbers(number, number), isNegated: option.isNegated)
        }
        var scanner = NumberScanner(argument.text)
        guard let low = scanner.number() else {
            guard isName(argument.text) else {
                reader.error("a \(what) is a name, a number or a range of numbers", at: argument.range)
                return nil
            }
            reader.warning(
                "the \(what) \"\(argument.text)\" isn't known here; iptables-save prints the number",
                at: argument.range)
            return Negatable(.name(argument.text), isNegated: option.isNegated)
        }
        var high: UInt64? = low
        if scanner.take("-") || scanner.take(":") { high = scanner.number() }
        // The highest number stands for nobody.
        guard let high, scanner.isAtEnd, low <= high, high < UInt64(UInt32.max) else {
            reader.error(
                "a \(what) is a name, a number up to 4294967294, or two with a dash between, the smaller one first",
                at: argument.range)
            return nil
        }
        return Negatable(.numbers(UInt32(low), UInt32(high)), isNegated: option.isNegated)
    }

    /// What `useradd(8)` lets a name be.
    private static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isLetter(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        guard let first = bytes.first, isLetter(first), bytes.count <= 32 else { return false }
        return bytes.dropFirst().allSatisfy {
            isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "-.".utf8.contains($0)
        }
    }

    public var condition: Condition {
        func fact(_ summary: String) -> Condition { .fact(FactTest(fact: "owner", summary: summary)) }
        let socket = fact("has a socket")
        var parts: [Condition] = []
        if let wantsSocket { parts.append(socket.negated(if: !wantsSocket)) }
        if let user { parts.append(fact("owner uid \(user.value.text)").negated(if: user.isNegated)) }
        if let group {
            let groups = searchesSupplementaryGroups ? "gid or supplementary group" : "gid"
            parts.append(fact("owner \(groups) \(group.value.text)").negated(if: group.isNegated))
            // This word is a test that can't be negated, so nothing matches without a socket.
            if searchesSupplementaryGroups, group.isNegated { parts.append(socket) }
        }
        return .all(parts)
    }

    public var savedWords: [String] {
        var words: [String] = []
        if let wantsSocket { words += savedOption("--socket-exists", isNegated: !wantsSocket) }
        if let user { words += savedOption("--uid-owner", user.value.text, isNegated: user.isNegated) }
        if let group { words += savedOption("--gid-owner", group.value.text, isNegated: group.isNegated) }
        if searchesSupplementaryGroups { words.append("--suppl-groups") }
        return words
    }

    /// The users and groups that Debian gives fixed numbers (base-passwd), by the names that are the same for both.
    private static let ids: [String: UInt32] = [
        "root": 0, "daemon": 1, "bin": 2, "sys": 3, "man": 12, "lp": 7, "mail": 8, "news": 9, "uucp": 10,
        "proxy": 13, "www-data": 33, "backup": 34, "list": 38, "irc": 39,
    ]
}
