public import Packets
public import RuleModel

/// Walks the rules as they are written, with no thought of speed: what the engine and the packet sets must agree with.
public final class ReferenceInterpreter {
    public enum Verdict: Equatable {
        case accept, drop, hotdrop
        case reject(RejectKind)
    }

    private enum Answer {
        case yes, no, hotdrop
    }

    /// By table, chain and number; the end of a chain is behind its last rule.
    public private(set) var counters: [String: RuleCounters] = [:]
    /// The rules that the last packet came to, and those whose conditions it met.
    public private(set) var reached: Set<String> = []
    public private(set) var taken: Set<String> = []
    /// Answers for tests with memory, by rule and by number in the rule; without it, they have their memory.
    public var answer: ((_ key: String, _ number: Int) -> Bool)?
    public let ruleSet: RuleSet
    private let interfaces: InterfaceTable
    private var histories: [String: [any ConnectionHistory]] = [:]

    public init(_ ruleSet: RuleSet, _ interfaces: InterfaceTable) {
        self.ruleSet = ruleSet
        self.interfaces = interfaces
    }

    public static func key(_ table: TableKind, _ chain: String, _ position: Int) -> String {
        "\(table):\(chain):\(position)"
    }

    private var packet = Packet(family: .ipv4)
    private var metadata = PacketMetadata()
    private var flow = FlowView()
    private var bytes: [UInt8] = []
    private var hook = Hook.forward
    private var historyIndex = 0

    public func run(
        _ kind: TableKind, _ hook: Hook, _ packet: Packet, _ metadata: inout PacketMetadata, _ flow: FlowView,
        _ bytes: [UInt8]
    ) -> (verdict: Verdict, rule: String)? {
        guard let table = ruleSet.table(kind), let base = table.chains.first(where: { $0.hook == hook })
        else {
            return nil
        }
        self.packet = packet
        self.metadata = metadata
        self.flow = flow
        self.bytes = bytes
        self.hook = hook
        reached = []
        taken = []
        defer { metadata = self.metadata }
        if let end = walk(base, table) { return end }
        let policy = ReferenceInterpreter.key(kind, base.name, base.rules.count + 1)
        count(policy)
        return (base.policy == .drop ? .drop : .accept, policy)
    }

    /// A negated test couldn't read the packet.
    private var isDropPending = false

    private func count(_ key: String) {
        counters[key, default: RuleCounters()].packets += 1
        counters[key, default: RuleCounters()].bytes += UInt64(packet.totalLength)
    }

    /// Nil when the chain gives the packet back.
    private func walk(_ chain: Chain, _ table: Table) -> (Verdict, String)? {
        for (index, rule) in chain.rules.enumerated() {
            let key = ReferenceInterpreter.key(table.kind, chain.name, index + 1)
            historyIndex = 0
            isDropPending = false
            reached.insert(key)
            switch test(rule.condition, key) {
            case .no where isDropPending: return (.hotdrop, key)
            case .no: continue
            case .hotdrop: return (.hotdrop, key)
            case .yes:
                count(key)
                taken.insert(key)
                if isDropPending { return (.hotdrop, key) }
            }
            switch rule.target {
            case .none: continue
            case .jump(let name):
                if let callee = table.chain(name), let end = call(callee, table) { return end }
            case .goto(let name):
                return table.chain(name).flatMap { call($0, table) }
            case .action(let target):
                switch target.action {
                case .accept: return (.accept, key)
                case .drop: return (.drop, key)
                case .reject(let kind): return (.reject(kind), key)
                case .returnToCaller: return nil
                case .log: continue
                case .setMark(let value, let mask): metadata.mark = (metadata.mark & ~mask) ^ value
                case .aside: continue
                case .change(let change): apply(change)
                case .connection(let change): apply(change)
                case .translate, .queue, .memory, .proxy, .synproxy, .copy:
                    fatalError("\(target.action) is none of the generator's")
                }
            }
        }
        if chain.hook == nil {
            count(ReferenceInterpreter.key(table.kind, chain.name, chain.rules.count + 1))
        }
        return nil
    }

    private func apply(_ change: PacketChange) {
        switch change {
        case .hopLimit(.set(let value)): packet.hopLimit = value
        case .hopLimit(.increment(let step)):
            packet.hopLimit = UInt8(min(255, Int(packet.hopLimit) + Int(step)))
        case .hopLimit(.decrement(let step)):
            packet.hopLimit = UInt8(max(0, Int(packet.hopLimit) - Int(step)))
        case .trafficClass(let mask, let value): packet.trafficClass = (packet.trafficClass & ~mask) ^ value
        case .congestion(let change):
            if let codepoint = change.codepoint {
                packet.trafficClass = packet.trafficClass & 0xfc | codepoint
            }
            if let echo = change.echo {
                packet.tcpFlags = echo ? packet.tcpFlags.union(.ece) : packet.tcpFlags.subtracting(.ece)
            }
        case .segmentSize, .stripTCPOptions, .prefix, .mark:
            fatalError("\(change) is none of the generator's")
        }
    }

    private func apply(_ change: ConnectionChange) {
        guard flow.exists else { return }
        switch change {
        case .setMark(let value, let mask, let shift):
            flow.mark = shifted((flow.mark & ~mask) ^ value, shift)
        case .saveMark(let packetMask, let connectionMask, let shift):
            flow.mark = (flow.mark & ~connectionMask) ^ shifted(metadata.mark & packetMask, shift)
        case .restoreMark(let packetMask, let connectionMask, let shift):
            metadata.mark = (metadata.mark & ~packetMask) ^ shifted(flow.mark & connectionMask, shift)
        case .untrack, .track, .aside: fatalError("\(change) is none of the generator's")
        }
    }

    private func shifted(_ mark: UInt32, _ shift: MarkShift) -> UInt32 {
        let product = UInt64(mark) << UInt64(shift.bits)
        return shift.isLeft ? UInt32(truncatingIfNeeded: product) : mark / (1 << UInt32(shift.bits))
    }

    private func call(_ chain: Chain, _ table: Table) -> (Verdict, String)? { walk(chain, table) }

    private func test(_ condition: Condition, _ key: String) -> Answer {
        switch condition {
        case .always: return .yes
        case .not(let inner):
            switch test(inner, key) {
            case .yes:
                return .no
            case .no: return .yes
            case .hotdrop:
                // A match that is one test, negated, holds, and drops the packet behind the rule.
                guard case .packet = inner else { return .hotdrop }
                isDropPending = true
                return .yes
            }
        case .all(let parts):
            for (index, part) in parts.enumerated() {
                let answer = test(part, key)
                if answer == .yes { continue }
                parts[(index + 1)...].forEach(skipHistories)
                return answer
            }
            return .yes
        case .any(let parts):
            for (index, part) in parts.enumerated() {
                let answer = test(part, key)
                if answer == .no { continue }
                parts[(index + 1)...].forEach(skipHistories)
                return answer
            }
            return .no
        case .header(let requirement): return test(requirement)
        case .tcpOption(let kind):
            switch option(kind) {
            case .present: return .yes
            case .absent: return .no
            case .unreadable: return .hotdrop
            }
        case .history(let history):
            if let answer {
                defer { historyIndex += 1 }
                return answer(key, historyIndex) ? .yes : .no
            }
            let memory = memory(history, key)
            let context = TestContext(packet: packet, metadata: metadata, flow: flow, hook: hook)
            let bytes = bytes
            var connections = NoConnections()
            switch memory.answer(context, bytes.span.bytes, &connections) {
            case .holds: return .yes
            case .fails: return .no
            case .hotdrop: return .hotdrop
            }
        default: return holds(condition) ? .yes : .no
        }
    }

    /// Keeps the numbering of a rule's histories, whichever of them are tested.
    private func skipHistories(_ condition: Condition) {
        switch condition {
        case .not(let inner): skipHistories(inner)
        case .all(let parts), .any(let parts): parts.forEach(skipHistories)
        case .history: historyIndex += 1
        default: break
        }
    }

    private func memory(_ history: HistoryTest, _ key: String) -> any ConnectionHistory {
        defer { historyIndex += 1 }
        let id = "\(key)#\(historyIndex)"
        if let known = histories[id]?.first { return known }
        let made = history.makeHistory(SharedMemory())
        histories[id] = [made]
        return made
    }

    private func holds(_ leaf: Condition) -> Bool {
        switch leaf {
        case .number(let field, let set): return value(field).map { set.contains($0) } ?? false
        case .bits(let field, let mask, let wanted): return value(field).map { $0 & mask == wanted } ?? false
        case .anyBit(let field, let mask): return value(field).map { $0 & mask != 0 } ?? false
        case .address(let field, let wanted, let mask):
            return address(field).map { $0 & mask == wanted } ?? false
        case .addressRange(let field, let range): return address(field).map { range.contains($0) } ?? false
        case .interface(.input, let pattern):
            return pattern.matches(interfaces.name(of: metadata.inInterface))
        case .interface(.output, let pattern):
            return pattern.matches(interfaces.name(of: metadata.outInterface))
        case .sourceMAC(let mac): return metadata.hasMACs && metadata.sourceMAC == mac
        case .hasConnection: return flow.exists
        case .addressType(let field, let types, limitedTo: _):
            // The generator asks IPv4 only, where a type is that of a route in the table local.
            guard let address = address(field) else { return false }
            return types.contains(ReferenceInterpreter.type(of: address))
        default: fatalError("\(leaf) is no plain leaf")
        }
    }

    /// Of an IPv4 address, on a host that has 10.0.0.1/24 and 192.0.2.1/32.
    public static func type(of address: UInt128) -> AddressTypes {
        switch address {
        case 0, 0xffff_ffff, 0x0a00_00ff: .broadcast
        case 0x0a00_0001, 0xc000_0201: .local
        case 0xe000_0000...0xefff_ffff: .multicast
        default: .unicast
        }
    }

    private func option(_ kind: UInt8) -> TCPOptionPresence {
        let bytes = bytes
        return packet.findTCPOption(kind, bytes.span.bytes)
    }

    private func test(_ requirement: HeaderRequirement) -> Answer {
        let hasHeader = packet.flags.contains(.hasTransportHeader)
        switch requirement {
        case .protocolChain: return packet.flags.contains(.brokenHeaderChain) ? .hotdrop : .yes
        case .tcp where packet.fragmentOffset == 1 && packet.family == .ipv4: return .hotdrop
        case _ where packet.fragmentOffset > 0: return .no
        case .tcp, .udp, .icmp: return hasHeader ? .yes : .hotdrop
        case .ports: return packet.flags.contains(.hasPorts) ? .yes : .hotdrop
        case .tcpOptions:
            return option(255) == .unreadable ? .hotdrop : .yes
        }
    }

    private func value(_ field: NumberField) -> UInt32? {
        let hasHeader = packet.flags.contains(.hasTransportHeader)
        let isICMP = packet.transportProtocol == .icmp || packet.transportProtocol == .icmpv6
        switch field {
        case .transportProtocol: return UInt32(packet.transportProtocol.rawValue)
        case .sourcePort: return packet.flags.contains(.hasPorts) ? UInt32(packet.sourcePort) : nil
        case .destinationPort: return packet.flags.contains(.hasPorts) ? UInt32(packet.destinationPort) : nil
        case .icmpType: return hasHeader && isICMP ? UInt32(packet.icmpType) : nil
        case .icmpCode: return hasHeader && isICMP ? UInt32(packet.icmpCode) : nil
        case .tcpFlags:
            return hasHeader && packet.transportProtocol == .tcp ? UInt32(packet.tcpFlags.rawValue) : nil
        case .tcpMaximumSegmentSize:
            let bytes = bytes
            return packet.tcpOptions(bytes.span.bytes)?.maximumSegmentSize.map { UInt32($0) }
        case .length: return packet.totalLength
        case .hopLimit: return UInt32(packet.hopLimit)
        case .trafficClass: return UInt32(packet.trafficClass)
        case .fragmentOffset: return UInt32(packet.fragmentOffset)
        case .fragmentHeader: return packet.flags.contains(.hasFragmentHeader) ? 1 : 0
        case .fragmentIdentification:
            return packet.flags.contains(.hasFragmentHeader) ? packet.identification : nil
        case .moreFragments: return packet.flags.contains(.moreFragments) ? 1 : 0
        case .fragmentReserved: return packet.flags.contains(.fragmentReservedBits) ? 1 : 0
        case .mark: return metadata.mark
        case .packetType: return UInt32(metadata.packetType.rawValue)
        case .linkAddresses: return metadata.hasMACs ? 1 : 0
        case .connectionState: return UInt32(flow.state.rawValue)
        case .connectionStatus: return flow.exists ? flow.status.rawValue : 0
        case .connectionDirection: return flow.exists ? (flow.isReply ? 1 : 0) : nil
        case .connectionProtocol: return flow.exists ? UInt32(flow.original.transportProtocol.rawValue) : nil
        case .connectionOriginalSourcePort: return flow.exists ? UInt32(flow.original.sourcePort) : nil
        case .connectionOriginalDestinationPort:
            return flow.exists ? UInt32(flow.original.destinationPort) : nil
        case .connectionReplySourcePort: return flow.exists ? UInt32(flow.reply.sourcePort) : nil
        case .connectionReplyDestinationPort: return flow.exists ? UInt32(flow.reply.destinationPort) : nil
        case .connectionExpiry: return flow.exists ? flow.expiresIn : nil
        case .connectionMark: return flow.exists ? flow.mark : nil
        case .securityParameterIndex:
            let bytes = bytes
            return packet.securityParameterIndex(bytes.span.bytes)
        }
    }

    private func address(_ field: AddressField) -> UInt128? {
        switch field {
        case .source: packet.source
        case .destination: packet.destination
        case .connectionOriginalSource: flow.exists ? flow.original.source : nil
        case .connectionOriginalDestination: flow.exists ? flow.original.destination : nil
        case .connectionReplySource: flow.exists ? flow.reply.source : nil
        case .connectionReplyDestination: flow.exists ? flow.reply.destination : nil
        }
    }
}
