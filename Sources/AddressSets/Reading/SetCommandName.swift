/// A command of `ipset`, by its name or any beginning of it (`ipset_commands` in `lib/ipset.c`).
enum SetCommandName: String, CaseIterable {
    case create, add, del, test, destroy, list, save, restore, flush, rename, swap, help, version, quit

    /// Other names.
    private var aliases: [String] {
        switch self {
        case .create: ["new", "-N"]
        case .add: ["-A"]
        case .del: ["-D"]
        case .test: ["-T"]
        case .destroy: ["x", "-X"]
        case .list: ["-L"]
        case .save: ["-S"]
        case .restore: ["-R"]
        case .flush: ["-F"]
        case .rename: ["e", "-E"]
        case .swap: ["w", "-W"]
        case .help: ["-h", "-H"]
        case .version: ["-v", "-V"]
        case .quit: []
        }
    }

    /// The first in the order above that a word begins; two dashes before it don't matter.
    init?(word: String) {
        let name = word.hasPrefix("--") ? String(word.dropFirst(2)) : word
        guard !name.isEmpty, name != "-",
            let command = SetCommandName.allCases.first(where: { command in
                ([command.rawValue] + command.aliases).contains { $0.hasPrefix(name) }
            })
        else { return nil }
        self = command
    }

    /// How many words it needs behind its name, and how many it takes at most before options.
    var wordCount: ClosedRange<Int> {
        switch self {
        case .create, .add, .del, .test, .rename, .swap: 2...2
        case .destroy, .list, .save, .flush, .help: 0...1
        case .restore, .version, .quit: 0...0
        }
    }
}
