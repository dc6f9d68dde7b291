import Diagnostics
public import Engine
public import Packets
public import Replay
import RuleModel

/// A result for every packet, as one line of JSON or CSV each.
public struct PacketLines: Sendable {
    private let book: RuleBook
    private let captures: [[UInt8]]
    private let interfaces: InterfaceTable
    private let isHostInferred: Bool
    private let needs: [InterfaceNeeds]

    /// - Parameters:
    ///   - captures: the captures' names, by their index.
    ///   - interfaces: the table that gave out the ids in the results.
    ///   - isHostInferred: nobody said whose captures these are, so no verdict is exact.
    public init(_ book: RuleBook, captures: [String], interfaces: InterfaceTable, isHostInferred: Bool) {
        self.book = book
        self.interfaces = interfaces
        self.isHostInferred = isHostInferred
        needs = [book.ipv4, book.ipv6].map { InterfaceNeeds($0?.ruleSet) }
        self.captures = captures.map { name in
            var text: [UInt8] = []
            text.append(jsonString: name)
            return text
        }
    }

    // MARK: JSON

    /// - Parameters:
    ///   - trace: adds the rules that the packet met.
    ///   - answer: what the host answered it with.
    public func appendJSON(
        _ result: PacketResult, trace: RuleTrace?, answer: HostAnswer? = nil, to buffer: inout [UInt8]
    ) {
        buffer.append("{\"n\":")
        buffer.append(number: result.number)
        buffer.append(",\"time\":\"")
        result.timestamp.appendSeconds(to: &buffer)
        buffer.append("\",\"capture\":")
        buffer.append(contentsOf: captures[result.capture])
        buffer.append(",\"frame\":")
        buffer.append(number: result.frame)
        if result.isPacket { appendPacket(result, to: &buffer) } else { buffer.append(",\"path\":null") }
        if let state = result.traversal?.connectionState {
            buffer.append(",\"ctstate\":\"")
            buffer.append(text: state.name)
            buffer.append("\"")
        }
        buffer.append(",\"verdict\":\"")
        buffer.append(text: result.verdictName)
        buffer.append("\"")
        if let reason = result.reason {
            buffer.append(",\"reason\":\"")
            buffer.append(text: reason)
            buffer.append("\"")
        }
        if let traversal = result.traversal { append(traversal, of: result, trace, to: &buffer) }
        if let answer, let traversal = answer.traversal { append(answer, traversal, to: &buffer) }
        buffer.append("}\n")
    }

    private func append(_ answer: HostAnswer, _ traversal: TraversalResult, to buffer: inout [UInt8]) {
        let family = answer.packet.family
        buffer.append(",\"reply\":{\"kind\":")
        buffer.append(jsonString: answer.message.name(family))
        buffer.append(",\"src\":\"")
        buffer.append(address: answer.packet.source, family)
        buffer.append("\",\"dst\":\"")
        buffer.append(address: answer.packet.destination, family)
        buffer.append("\",\"length\":")
        buffer.append(number: answer.packet.totalLength)
        if traversal.outInterface != .none {
            buffer.append(",\"out\":")
            buffer.append(jsonString: interfaces.name(of: traversal.outInterface))
        }
        if let state = traversal.connectionState {
            buffer.append(",\"ctstate\":\"")
            buffer.append(text: state.name)
            buffer.append("\"")
        }
        buffer.append(",\"verdict\":\"")
        buffer.append(text: traversal.verdict.rawValue)
        buffer.append("\"")
        appendRule(traversal, family, to: &buffer)
        buffer.append("}")
    }

    private func appendRule(
        _ traversal: TraversalResult, _ family: AddressFamily, to buffer: inout [UInt8]
    ) {
        guard let rule = traversal.rule else { return }
        buffer.append(",\"rule\":{")
        buffer.append(place: book.location(of: rule, family))
        buffer.append("}")
    }

    private func appendPacket(_ result: PacketResult, to buffer: inout [UInt8]) {
        let packet = result.packet
        buffer.append(packet.family == .ipv4 ? ",\"family\":\"ipv4\"" : ",\"family\":\"ipv6\"")
        if result.metadata.inInterface != .none {
            buffer.append(",\"in\":")
            buffer.append(jsonString: interfaces.name(of: result.metadata.inInterface))
        }
        let out = result.traversal?.outInterface ?? .none
        if out != .none {
            buffer.append(",\"out\":")
            buffer.append(jsonString: interfaces.name(of: out))
        }
        buffer.append(",\"path\":")
        if let path = result.traversal?.path {
            buffer.append("\"")
            buffer.append(text: path.name)
            buffer.append("\"")
        } else {
            buffer.append("null")
        }
        buffer.append(",\"src\":\"")
        buffer.append(address: packet.source, packet.family)
        buffer.append("\",\"dst\":\"")
        buffer.append(address: packet.destination, packet.family)
        buffer.append("\",\"proto\":\"")
        buffer.append(text: packet.transportProtocol.description)
        buffer.append("\"")
        if packet.flags.contains(.hasPorts) {
            buffer.append(",\"sport\":")
            buffer.append(number: packet.sourcePort)
            buffer.append(",\"dport\":")
            buffer.append(number: packet.destinationPort)
        }
        buffer.append(",\"length\":")
        buffer.append(number: packet.totalLength)
    }

    private func append(
        _ traversal: TraversalResult, of result: PacketResult, _ trace: RuleTrace?, to buffer: inout [UInt8]
    ) {
        let packet = result.packet
        if traversal.fragments > 0 {
            buffer.append(",\"fragments\":")
            buffer.append(number: traversal.fragments)
        }
        appendRule(traversal, packet.family, to: &buffer)
        if let translation = traversal.translation { append(translation, of: packet, to: &buffer) }
        if let kind = traversal.rejectKind {
            buffer.append(",\"reject\":\"")
            buffer.append(text: kind.rawValue)
            buffer.append("\"")
        }
        appendEvidence(result, traversal, to: &buffer)
        if let loss = result.counterfactual {
            buffer.append(",\"counterfactual\":")
            buffer.append(number: loss)
        }
        guard let trace else { return }
        buffer.append(",\"trace\":[")
        var isFirst = true
        for event in trace.events where event.outcome == .hit {
            buffer.append(isFirst ? "{" : ",{")
            isFirst = false
            buffer.append(place: book.location(of: event.rule, packet.family))
            buffer.append(",\"action\":")
            buffer.append(jsonString: book.action(of: event.rule, packet.family))
            buffer.append("}")
        }
        buffer.append("]")
        buffer.append(expectations: trace.expectations)
    }

    /// What changed.
    private func append(
        _ translation: PacketTranslation, of packet: Packet, to buffer: inout [UInt8]
    ) {
        let hasPorts = packet.flags.contains(.hasPorts)
        var changed = packet
        changed.take(translation)
        var separator = ",\"nat\":{"
        func field(_ name: String, _ append: (inout [UInt8]) -> Void) {
            buffer.append(text: "\(separator)\"\(name)\":")
            separator = ","
            append(&buffer)
        }
        func address(_ name: String, _ old: UInt128, _ new: UInt128) {
            guard old != new else { return }
            field(name) { buffer in
                buffer.append("\"")
                buffer.append(address: new, packet.family)
                buffer.append("\"")
            }
        }
        func port(_ name: String, _ old: UInt16, _ new: UInt16) {
            guard hasPorts, old != new else { return }
            field(name) { $0.append(number: new) }
        }
        address("src", packet.source, changed.source)
        port("sport", packet.sourcePort, changed.sourcePort)
        address("dst", packet.destination, changed.destination)
        port("dport", packet.destinationPort, changed.destinationPort)
        if separator == "," { buffer.append("}") }
    }

    private func appendEvidence(
        _ result: PacketResult, _ traversal: TraversalResult, to buffer: inout [UInt8]
    ) {
        var isFirst = true
        func need(_ fact: StaticString) {
            buffer.append(isFirst ? ",\"evidence\":\"approx\",\"needs\":[\"" : ",\"")
            buffer.append(fact)
            buffer.append("\"")
            isFirst = false
        }
        let facts = book.rules(result.packet.family)?.facts(in: traversal.missingFacts) ?? []
        for fact in facts {
            buffer.append(isFirst ? ",\"evidence\":\"unknown\",\"needs\":[" : ",")
            buffer.append(jsonString: fact)
            isFirst = false
        }
        if isHostInferred { need("host") }
        for fact in needs[result.packet.family == .ipv4 ? 0 : 1].missing(in: result, traversal) { need(fact) }
        for fact in traversal.missing(in: result.packet) { need(fact) }
        buffer.append(isFirst ? ",\"evidence\":\"exact\"" : "]")
    }

    // MARK: CSV

    public static let csvHeader =
        "n,time,capture,frame,family,in,out,path,src,dst,proto,sport,dport,length,ctstate,verdict,"
        + "table,chain,number,line,reject,reason,counterfactual\n"

    public func appendCSV(_ result: PacketResult, captureName: String, to buffer: inout [UInt8]) {
        func comma() { buffer.append(UInt8(ascii: ",")) }
        func field(_ text: String?) {
            comma()
            if let text { buffer.append(csv: text) }
        }
        buffer.append(number: result.number)
        comma()
        result.timestamp.appendSeconds(to: &buffer)
        field(captureName)
        comma()
        buffer.append(number: result.frame)
        if result.isPacket {
            let packet = result.packet
            let traversal = result.traversal
            let out = traversal?.outInterface ?? .none
            field(packet.family == .ipv4 ? "ipv4" : "ipv6")
            field(interfaces.name(of: result.metadata.inInterface))
            field(interfaces.name(of: out))
            field(traversal?.path?.name)
            comma()
            buffer.append(address: packet.source, packet.family)
            comma()
            buffer.append(address: packet.destination, packet.family)
            field(packet.transportProtocol.description)
            let hasPorts = packet.flags.contains(.hasPorts)
            field(hasPorts ? String(packet.sourcePort) : nil)
            field(hasPorts ? String(packet.destinationPort) : nil)
            field(String(packet.totalLength))
            field(traversal?.connectionState?.name)
        } else {
            buffer.append(",,,,,,,,,,,")
        }
        field(result.verdictName)
        let rule = result.traversal?.rule.map { book.location(of: $0, result.packet.family) }
        field(rule?.table.rawValue)
        field(rule?.chain)
        field(rule.map { $0.number.map(String.init) ?? "policy" })
        field(rule?.line.map(String.init))
        field(result.traversal?.rejectKind?.rawValue)
        field(result.reason)
        field(result.counterfactual.map(String.init))
        buffer.append(UInt8(ascii: "\n"))
    }
}

extension [UInt8] {
    mutating func append(address bits: UInt128, _ family: AddressFamily) {
        guard family == .ipv4 else { return append(text: IPAddress(family: family, bits: bits).description) }
        let number = UInt32(truncatingIfNeeded: bits)
        for shift in [24, 16, 8, 0] as [UInt32] {
            append(number: UInt8(truncatingIfNeeded: number >> shift))
            if shift > 0 { append(UInt8(ascii: ".")) }
        }
    }

    /// A field of RFC 4180, quoted where it must be; control characters are made safe. A spreadsheet would take a field
    /// that begins with `=`, `+`, `-` or `@` for a formula: a blank goes before it.
    mutating func append(csv text: String) {
        let text = text.utf8.allSatisfy { (0x20...0x7e).contains($0) } ? text : SafeText.line(text)
        let isFormula = text.utf8.first.map { "=+-@".utf8.contains($0) } ?? false
        let needsQuotes = text.utf8.contains { ",\"".utf8.contains($0) }
        if needsQuotes { append(UInt8(ascii: "\"")) }
        if isFormula { append(UInt8(ascii: " ")) }
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { append(byte) }
            append(byte)
        }
        if needsQuotes { append(UInt8(ascii: "\"")) }
    }
}
