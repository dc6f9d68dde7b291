import Diagnostics
import Packets
import RuleSyntax

extension RuleFileReader {
    /// `XT_EXTENSION_MAXNAMELEN` less the terminating zero.
    private static var longestChainName: Int { 28 }

    /// `:NAME POLICY [p:b]`
    mutating func declare(_ chain: ChainSyntax) {
        guard let policy = chain.policy else {
            diagnostics.error(
                "a policy must follow: ACCEPT or DROP for a base chain, - for any other", at: chain.name.range
            )
            if table?.indexes[chain.name.text] == nil {
                table?.add(ChainDraft(name: chain.name.text, hook: nil))
            }
            return
        }
        let name = chain.name.text
        if let index = table?.indexes[name], table?.chains[index].hook != nil {
            if policy.text != "-" { setPolicy(index, policy.text, policy.range) }
            table?.chains[index].declaration = chain.name.range
            if let counters = chain.counters {
                table?.chains[index].counters = RuleCounters(packets: counters.packets, bytes: counters.bytes)
            }
            return
        }
        guard policy.text == "-" else {
            let bases = table?.kind.hooks.map(\.chainName) ?? []
            let suggestion = Spelling.closest(to: name, among: bases)
            diagnostics.error(
                "only a base chain has a policy; \"\(name)\" is none",
                at: suggestion == nil ? policy.range : chain.name.range, suggestion: suggestion ?? "-",
                notes: [.init("the base chains of this table are \(bases.joined(separator: ", "))")])
            if table?.indexes[name] == nil { table?.add(ChainDraft(name: name, hook: nil)) }
            return
        }
        addChain(name, chain.name.range)
    }

    mutating func addChain(_ name: String, _ range: SourceRange) {
        if let index = table?.indexes[name] {
            let earlier = table?.chains[index].declaration
            refuse(
                table?.chains[index].hook == nil
                    ? "the chain \"\(name)\" is declared twice"
                    : "\"\(name)\" is a base chain; it is there already",
                at: range, notes: earlier.map { [.init("first here", at: $0)] } ?? [])
            return
        }
        if let problem = problem(ofChainName: name) { diagnostics.error(problem, at: range) }
        table?.add(ChainDraft(name: name, hook: nil, declaration: range))
    }

    /// What `iptables -N` refuses (`assert_valid_chain_name` in `iptables/xshared.c`).
    func problem(ofChainName name: String) -> String? {
        let bytes = name.utf8
        if bytes.isEmpty { return "the chain's name is empty" }
        if bytes.count > Self.longestChainName {
            return "a chain's name has at most \(Self.longestChainName) bytes; this one has \(bytes.count)"
        }
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "!") {
            return "a chain's name can't begin with \(String(UnicodeScalar(first)))"
        }
        if bytes.contains(UInt8(ascii: " ")) || bytes.contains(UInt8(ascii: "\t")) {
            return "a chain's name can't contain blanks"
        }
        if extensions.targets[name] != nil || KnownExtensions.targets.contains(name) {
            return "\"\(name)\" is a target's name, which a chain can't have"
        }
        return nil
    }

    mutating func setPolicy(_ chain: Int, _ text: String, _ range: SourceRange) {
        guard let policy = Chain.Policy(rawValue: text) else {
            diagnostics.error(
                "a policy is ACCEPT or DROP, not \"\(text)\"", at: range,
                suggestion: Spelling.closest(to: text, among: ["ACCEPT", "DROP"]))
            return
        }
        table?.chains[chain].policy = policy
    }

    /// `-P CHAIN POLICY`
    mutating func setPolicy(_ line: RuleLine, _ index: Int?) {
        guard let chain = line.chain, let policy = line.policy, let index else { return }
        guard table?.chains[index].hook != nil else {
            diagnostics.error(
                "only a base chain has a policy; \"\(chain.text)\" is none", at: chain.range)
            return
        }
        if table?.kind == .nat, policy.text == "DROP" {
            diagnostics.error(RuleFileReader.natDrop, at: policy.range, code: "FW007")
            return
        }
        setPolicy(index, policy.text, policy.range)
        table?.chains[index].declaration = chain.range
        if let counters = line.counters { table?.chains[index].counters = counters }
    }

    static var natDrop: String { "the nat table is not for filtering: iptables refuses DROP in it" }

    /// The chain to which a command belongs.
    mutating func findChain(_ name: Argument) -> Int? {
        if let index = table?.indexes[name.text] { return index }
        guard isNewlyMissing(name) else { return nil }
        let names = (table?.chains ?? []).lazy.filter { !$0.isDeleted }.map(\.name)
        let suggestion = Spelling.closest(to: name.text, among: names)
        refuse(
            "there is no chain \"\(name.text)\"", at: name.range, code: "FW003", suggestion: suggestion,
            notes: notes(onMissingChain: name.text, isMisspelt: suggestion != nil))
        return nil
    }

    /// Whether a chain that is missing has to be reported.
    mutating func isNewlyMissing(_ name: Argument) -> Bool {
        !isTolerant
            && missingChains.add(name.text, line: file.position(of: name.range.lower).line, diagnostics)
    }

    /// Where a missing chain is declared after all: too late, or in another table. Else how to declare it.
    mutating func notes(onMissingChain name: String, isMisspelt: Bool) -> [Diagnostic.Note] {
        guard let table, !isTolerant else { return [] }
        let declarations = declarations ?? ChainDeclarations(syntax, family: family)
        self.declarations = declarations
        let made = isOfScript ? "made" : "declared"
        guard let place = declarations[name] else {
            if isMisspelt { return [] }
            return [
                .init(
                    isOfScript
                        ? "make it before, with -N \(name)"
                        : "declare it with :\(name) - [0:0] behind *\(table.kind.rawValue)")
            ]
        }
        return place.table == table.kind.rawValue
            ? [.init("it is \(made) only here, which is too late", at: place.range)]
            : [
                .init(
                    "the table \(place.table) has one of that name; tables don't share chains",
                    at: place.range)
            ]
    }
}
