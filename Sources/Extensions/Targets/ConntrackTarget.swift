import Packets
public import RuleModel

/// `-j CT`, revision 2 (extensions/libxt_CT.c; net/netfilter/xt_CT.c): how a packet's connection is to be tracked.
public struct ConntrackTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "CT", tables: [.raw],
        options: [
            OptionSpec("--notrack", argument: .none), OptionSpec("--helper"), OptionSpec("--timeout"),
            OptionSpec("--ctevents"), OptionSpec("--expevents"), OptionSpec("--zone-orig"),
            OptionSpec("--zone-reply"), OptionSpec("--zone"),
        ])

    /// In the order of printing.
    private static let connectionEvents = [
        "new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo",
        "secmark",
    ]
    private static let expectationEvents = ["new"]

    private let isUntracked: Bool
    private var template = ConnectionTemplate()

    public init?(_ reader: inout OptionReader) {
        isUntracked = reader.option("--notrack") != nil
        for option in reader.options where option.name.hasPrefix("--zone") { readZone(option, &reader) }
        if let option = reader.option("--ctevents") {
            template.connectionEvents = ConntrackTarget.events(
                option, among: ConntrackTarget.connectionEvents, &reader)
        }
        if let option = reader.option("--expevents") {
            template.expectationEvents = ConntrackTarget.events(
                option, among: ConntrackTarget.expectationEvents, &reader)
        }
        for option in reader.options where !option.arguments.isEmpty && !option.arguments[0].text.isEmpty {
            switch option.name {
            case "--helper":
                template.helper = option.arguments[0].text.cut(toBytes: 15)
                checkHelper(option, &reader)
            case "--timeout":
                template.timeoutPolicy = option.arguments[0].text.cut(toBytes: 31)
                checkProtocol(option, &reader)
            default: break
            }
        }
        if reader.hasErrors { return nil }
    }

    /// The last zone counts, and the directions of all: both of them make one for both.
    private mutating func readZone(_ option: ParsedOption, _ reader: inout OptionReader) {
        switch option.name {
        case "--zone-orig": template.zone.directions.insert(.original)
        case "--zone-reply": template.zone.directions.insert(.reply)
        default: break
        }
        template.zone.number = 0
        let argument = option.arguments[0]
        if argument.text.lowercased() == "mark" {
            template.zone.isMark = true
        } else if let number = reader.number(argument, in: 0...UInt64(UInt16.max), what: "a zone") {
            template.zone.number = UInt16(number)
        }
    }

    private static func events(
        _ option: ParsedOption, among known: [String], _ reader: inout OptionReader
    ) -> [String] {
        var found: Set<String> = []
        for piece in option.arguments[0].pieces(separator: ",") {
            guard known.contains(piece.text) else {
                reader.error(
                    "unknown event \"\(piece.text)\"; there is \(known.joined(separator: ", "))",
                    at: piece.range)
                return []
            }
            found.insert(piece.text)
        }
        return known.filter(found.contains)
    }

    private func checkProtocol(_ option: ParsedOption, _ reader: inout OptionReader) {
        guard !isUntracked else { return }
        guard let named = reader.context.transportProtocol, !named.isNegated else {
            reader.error(
                "\(option.name) needs a protocol: -p tcp or the like", at: option.range, code: "FW008")
            return
        }
    }

    private func checkHelper(_ option: ParsedOption, _ reader: inout OptionReader) {
        checkProtocol(option, &reader)
        guard !isUntracked, let named = reader.context.transportProtocol, !named.isNegated else { return }
        let fitting = HelperName.allCases.filter {
            $0.protocols.contains(named.value) && (reader.context.family == .ipv4 || !$0.isIPv4Only)
        }
        guard !fitting.contains(where: { $0.rawValue == template.helper }) else { return }
        let argument = option.arguments[0]
        reader.error(
            "the kernel has no helper \"\(argument.text)\" for this protocol"
                + (fitting.isEmpty ? "" : "; there is \(fitting.map(\.rawValue).joined(separator: ", "))"),
            at: argument.range)
    }

    public var action: Action { .connection(isUntracked ? .untrack : .track(template)) }

    public var savedWords: [String] {
        var words = isUntracked ? ["--notrack"] : []
        if !template.helper.isEmpty { words += savedOption("--helper", savedWord(template.helper)) }
        if !template.timeoutPolicy.isEmpty {
            words += savedOption("--timeout", savedWord(template.timeoutPolicy))
        }
        if !template.connectionEvents.isEmpty {
            words += savedOption("--ctevents", template.connectionEvents.joined(separator: ","))
        }
        if !template.expectationEvents.isEmpty {
            words += savedOption("--expevents", template.expectationEvents.joined(separator: ","))
        }
        let zone = template.zone
        if zone.isMark || zone.number != 0 {
            let option =
                switch zone.directions {
                case .original: "--zone-orig"
                case .reply: "--zone-reply"
                default: "--zone"
                }
            words += savedOption(option, zone.isMark ? "mark" : "\(zone.number)")
        }
        return words
    }
}
