public import Engine
public import Packets
public import Replay

/// One packet as lines of text.
public struct PacketText {
    private let book: RuleBook
    private let interfaces: InterfaceTable

    public init(_ book: RuleBook, interfaces: InterfaceTable) {
        self.book = book
        self.interfaces = interfaces
    }

    /// The packet in words, its trace, and its verdict.
    public func traced(_ result: PacketResult, _ trace: RuleTrace) -> String {
        guard result.isPacket else {
            return "\(result.number) \(result.verdictName) \(result.reason ?? "")\n\n"
        }
        var lines = ["\(result.number) \(words(result))"]
        if result.traversal != nil { lines += TraceText(book).lines(trace, family: result.packet.family) }
        lines += trace.expectations.map(\.words)
        var verdict = result.verdictName
        if let reason = result.reason { verdict += " (\(reason))" }
        if let loss = result.counterfactual {
            verdict += ", but packet \(loss) was lost: this one couldn't have happened"
        }
        return (lines + [verdict, "", ""]).joined(separator: "\n")
    }

    /// The packet in the words that `explain` reads.
    public func words(_ result: PacketResult) -> String {
        PacketDescription(
            result.packet, result.metadata, interfaces: interfaces, state: result.traversal?.connectionState
        ).description
    }

    /// What became of it, and by which rule: `DROP by filter:INPUT:3`.
    func verdict(_ result: PacketResult) -> String {
        guard let rule = result.traversal?.rule else {
            return result.verdictName + (result.reason.map { " (\($0))" } ?? "")
        }
        return "\(result.verdictName) by \(book.location(of: rule, result.packet.family).words)"
    }
}
