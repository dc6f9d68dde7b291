import AddressSets
import Packets
public import RuleModel

/// `-j SET`, revision 3 (extensions/libxt_SET.c; `set_target_v3` in net/netfilter/xt_set.c).
public struct SetTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "SET", evaluation: .needs("set"),
        options: [
            OptionSpec("--add-set", argument: .two), OptionSpec("--del-set", argument: .two),
            OptionSpec("--map-set", argument: .two), OptionSpec("--timeout", repeatable: true),
            OptionSpec("--exist", argument: .none, repeatable: true),
            OptionSpec("--map-mark", argument: .none, repeatable: true),
            OptionSpec("--map-prio", argument: .none, repeatable: true),
            OptionSpec("--map-queue", argument: .none, repeatable: true),
        ])

    private static let mapped = ["--map-mark", "--map-prio", "--map-queue"]

    private var added: SetReference?
    private var removed: SetReference?
    private var map: SetReference?
    /// Seconds; nil for the set's own.
    private var timeout: UInt32?
    private let replaces: Bool
    /// Those of `mapped` that are there.
    private let mapOptions: [String]

    public init?(_ reader: inout OptionReader) {
        replaces = reader.option("--exist") != nil
        let present = Set(reader.options.map(\.name))
        mapOptions = SetTarget.mapped.filter(present.contains)
        for option in reader.options {
            switch option.name {
            case "--add-set": added = SetReference(option, &reader)
            case "--del-set": removed = SetReference(option, &reader)
            case "--map-set": map = SetReference(option, &reader)
            case "--timeout":
                let number = reader.number(
                    option.arguments[0], in: 0...UInt64(UInt32.max - 1), what: "a timeout in seconds")
                timeout = number.map(UInt32.init)
            default: break
            }
        }
        SetTarget.checkTogether(present, mapOptions, &reader)
        if reader.hasErrors { return nil }
    }

    private static func checkTogether(
        _ present: Set<String>, _ mapOptions: [String], _ reader: inout OptionReader
    ) {
        if present.isDisjoint(with: ["--add-set", "--del-set", "--map-set"]) {
            reader.error("SET needs --add-set, --del-set or --map-set", at: reader.nameRange)
        }
        func range(_ name: String) -> ParsedOption? { reader.option(name) }
        for name in ["--timeout", "--exist"] where !present.contains("--add-set") {
            if let option = range(name) { reader.error("\(name) belongs to --add-set", at: option.range) }
        }
        guard let option = range("--map-set") else {
            if let first = mapOptions.first.flatMap(range) {
                reader.error("\(first.name) belongs to --map-set", at: first.range)
            }
            return
        }
        if mapOptions.isEmpty {
            reader.error("--map-set needs --map-mark, --map-prio or --map-queue", at: option.range)
        }
        let context = reader.context
        if context.table != .mangle {
            reader.error(
                "the kernel takes --map-set in the table mangle only", at: option.range, code: "FW007")
        } else if mapOptions != ["--map-mark"], ["PREROUTING", "INPUT"].contains(context.chain) {
            reader.error(
                "the kernel takes --map-prio and --map-queue in FORWARD, OUTPUT and POSTROUTING only",
                at: option.range, code: "FW007")
        }
        if mapOptions.contains("--map-mark") {
            reader.warning(
                "proofs (lint, query, diff) take the mark for unchanged behind --map-mark; replay and explain set it",
                at: option.range)
        }
    }

    public var action: Action {
        let summary = "SET " + savedWords.joined(separator: " ")
        let references = [added, removed, map].compactMap { $0 }
        // Nobody said which sets there are, so none can change.
        guard references.allSatisfy({ $0.found != nil }) else {
            return .aside(AsideEffect(summary: "change sets that nobody gave: \(summary)"))
        }
        let target = self
        return .memory(
            HistoryAction(summary: summary, changesMark: mapOptions.contains("--map-mark")) { memory in
                SetChanger(target, references[0].found.map { memory.sets($0.sets) })
            })
    }

    public var savedWords: [String] {
        var words: [String] = []
        if let added {
            words += ["--add-set"] + added.words
            if replaces { words += savedOption("--exist") }
            if let timeout { words += savedOption("--timeout", "\(timeout)") }
        }
        if let removed { words += ["--del-set"] + removed.words }
        if let map { words += ["--map-set"] + map.words + mapOptions }
        return words
    }

    /// One rule's changes of the sets.
    final class SetChanger: TargetHistory {
        private let target: SetTarget
        private let sets: SetMemory?

        init(_ target: SetTarget, _ sets: SetMemory?) {
            self.target = target
            self.sets = sets
        }

        func act(_ context: borrowing TestContext, _ bytes: RawSpan) -> UInt32? {
            let (packet, metadata) = (context.packet, context.metadata)
            if let added = target.added, let index = added.found?.index {
                // Longer timeouts don't fit into the kernel's clock.
                sets?.add(
                    index, added.directions, timeout: target.timeout.map { min($0, 2_147_483) },
                    replaces: target.replaces, packet, metadata)
            }
            if let removed = target.removed, let index = removed.found?.index {
                sets?.remove(index, removed.directions, packet, metadata)
            }
            guard let map = target.map, let index = map.found?.index,
                let info = sets?.map(index, map.directions, packet, metadata),
                target.mapOptions.contains("--map-mark")
            else { return nil }
            return (metadata.mark & ~info.markMask) ^ info.mark
        }
    }
}
