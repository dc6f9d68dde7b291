import Diagnostics
import Packets
import RuleSyntax

extension RuleLineParser {
    mutating func takeExtension(
        _ occurrence: Int, _ index: Int, _ name: String, _ range: SourceRange, _ value: Argument?
    ) {
        let entry = line.occurrences[occurrence].entry
        let spec = entry.schema.options[index]
        var arguments: [Argument] = []
        switch spec.argument {
        case .none:
            if let value { fail("\(name) takes no argument", at: value.range) }
        case .one, .two:
            guard let argument = takeArgument(name, range, value) else { return }
            if spec.isNegatable, refuseInnerNegation(name, argument) { return }
            arguments = [argument]
            if spec.argument == .two {
                guard let second = takeOptionalArgument() else {
                    fail("\(name) needs two arguments", at: range)
                    return
                }
                arguments.append(second)
            }
        case .optional:
            if let argument = value ?? takeOptionalArgument() { arguments = [argument] }
        }
        let whole = optionRange(range, through: arguments.last?.range)
        if let negation, !spec.isNegatable {
            fail("! can't stand before \(name)", at: negation.range)
        }
        if !spec.isRepeatable,
            let earlier = line.occurrences[occurrence].options.first(where: { $0.name == spec.name })
        {
            fail("\(name) is given twice", at: whole, notes: [.init("first here", at: earlier.range)])
            return
        }
        line.occurrences[occurrence].options.append(
            ParsedOption(name: spec.name, isNegated: negation != nil, arguments: arguments, range: whole))
    }

    mutating func reportUnknown(_ name: String, at range: SourceRange) {
        if hasUnknownExtension {
            line.isBroken = true
            return
        }
        let owners = extensions.owners(ofOption: name)
        guard !owners.isEmpty else {
            let near = Spelling.closest(to: name, among: knownSpellings())
            fail(
                "unknown option \"\(name)\"", at: range,
                suggestion: near ?? Spelling.closest(to: name, among: extensions.allSpellings()))
            line.isProtocolLost = true
            return
        }
        if let later = laterLoad(of: owners) {
            fail("\(name) stands before the \(later) that it belongs to", at: range)
            return
        }
        var notes: [Diagnostic.Note] = []
        if line.transportProtocol.map({ ProtocolNames.number($0.argument.text) == nil })
            ?? line.isProtocolLost
        {
            line.isBroken = true
            return
        }
        if let given = line.transportProtocol {
            notes = [.init("the rule says -p \(given.argument.text)", at: given.range)]
        }
        let exact = owners.filter { $0.indexes[name] != nil }
        fail("\(name) needs \(needs(exact))", at: range, code: "FW008", notes: notes)
        // Further options of the same extension say nothing new.
        hasUnknownExtension = true
    }

    /// The option spellings that the line could have used so far.
    func knownSpellings() -> [String] {
        var entries = line.occurrences.map(\.entry)
        if let text = line.transportProtocol?.argument.text, let entry = extensions.match(forProtocol: text) {
            entries.append(entry)
        }
        return entries.flatMap { $0.spellings.map(\.spelling) } + HeaderOption.longSpellings.map(\.spelling)
    }

    /// `-p tcp or -p udp, or -m multiport`
    private func needs(_ owners: [ExtensionEntry]) -> String {
        var protocols: [String] = []
        var others: [String] = []
        for owner in owners {
            let implied = (owner.schema.protocols ?? []).compactMap(\.name).sorted()
                .filter { extensions.match(forProtocol: $0) === owner }
            if implied.isEmpty {
                others.append((owner.isTarget ? "-j " : "-m ") + owner.schema.name)
            } else {
                protocols += implied.map { "-p " + $0 }
            }
        }
        return [protocols, others].filter { !$0.isEmpty }.map(alternatives).joined(separator: ", or ")
    }

    /// `a, b or c`
    private func alternatives(_ words: [String]) -> String {
        guard words.count > 1 else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
    }

    /// `-m tcp` or `-j LOG` further right in the line, if it is one of these.
    private func laterLoad(of owners: [ExtensionEntry]) -> String? {
        for index in words.indices.dropFirst(position).dropLast() {
            let option = words[index].text
            let isJump = option == "-j" || option == "--jump"
            guard isJump || option == "-m" || option == "--match" else { continue }
            let name = words[index + 1].text
            if owners.contains(where: { $0.schema.name == name && $0.isTarget == isJump }) {
                return "\(option) \(name)"
            }
        }
        return nil
    }
}
