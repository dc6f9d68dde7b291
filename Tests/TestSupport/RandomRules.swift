import Diagnostics
public import Packets
public import RuleModel

/// Rule sets of any shape: all tables, jumps, gotos, returns, and conditions of every kind, nested as no
/// iptables match nests them.
public struct RandomRules {
    public var random: SeededGenerator
    let family: AddressFamily
    /// Whether there are targets that change more than the packet's mark.
    let makesChanges: Bool

    public init(random: SeededGenerator, family: AddressFamily, makesChanges: Bool = false) {
        self.random = random
        self.family = family
        self.makesChanges = makesChanges
    }

    public static let interfaceNames = ["eth0", "eth1", "eth10", "wlan0", "lo"]

    public mutating func ruleSet() -> RuleSet {
        let file = SourceFile(name: "random", text: "")
        let kinds = TableKind.allCases.filter { _ in chance(2) }
        return RuleSet(
            family: family, file: file, tables: (kinds.isEmpty ? [.filter] : kinds).map { table($0) })
    }

    private mutating func table(_ kind: TableKind) -> Table {
        let users = (0..<number(5)).map { "user\($0)" }
        var chains: [Chain] = []
        for hook in kind.hooks {
            chains.append(
                Chain(
                    name: hook.chainName, hook: hook, policy: chance(2) ? .accept : .drop,
                    counters: RuleCounters(),
                    rules: rules(users), declaration: nil))
        }
        for (index, name) in users.enumerated() {
            chains.append(
                Chain(
                    name: name, hook: nil, policy: nil, counters: RuleCounters(),
                    rules: rules(Array(users[(index + 1)...])), declaration: nil))
        }
        return Table(kind: kind, chains: chains)
    }

    private mutating func rules(_ callees: [String]) -> [Rule] {
        (0..<number(7)).map { line in
            let matches = (0..<number(4)).map { _ in TestMatch(condition: condition(depth: 2)) }
            return Rule(
                header: RuleHeader(), matches: matches, target: target(callees), counters: RuleCounters(),
                range: SourceRange(0, 0), line: line + 1, family: family)
        }
    }

    private mutating func target(_ callees: [String]) -> RuleTarget {
        switch number(10) {
        case 0, 1: return callees.randomElement(using: &random).map { .jump(chain: $0) } ?? .none
        case 2: return callees.randomElement(using: &random).map { .goto(chain: $0) } ?? .none
        case 3: return .action(TestTarget(action: .returnToCaller))
        case 4: return .action(TestTarget(action: .accept))
        case 5: return .action(TestTarget(action: .drop))
        case 6: return .action(TestTarget(action: .setMark(value: bits(), mask: bits())))
        case 7 where makesChanges: return .action(TestTarget(action: change()))
        case 7: return .action(TestTarget(action: .log(LogParameters(prefix: "x"))))
        case 8:
            return .action(TestTarget(action: .reject(RejectKind.allCases.randomElement(using: &random)!)))
        default: return .none
        }
    }

    private mutating func change() -> Action {
        let shift = MarkShift(bits: UInt8(number(3) == 0 ? number(32) : 0), isLeft: number(2) == 0)
        let byte = UInt8(number(256))
        switch number(8) {
        case 0: return .change(.hopLimit(.set(byte)))
        case 1: return .change(.hopLimit(.increment(byte % 4)))
        case 2: return .change(.hopLimit(.decrement(byte % 4)))
        case 3: return .change(.trafficClass(mask: UInt8(number(256)), value: byte))
        case 4: return .change(.congestion(CongestionChange(codepoint: byte % 4, echo: number(2) == 0)))
        case 5: return .connection(.setMark(value: bits(), mask: bits(), shift: shift))
        case 6: return .connection(.saveMark(packetMask: bits(), connectionMask: bits(), shift: shift))
        default: return .connection(.restoreMark(packetMask: bits(), connectionMask: bits(), shift: shift))
        }
    }

    public mutating func condition(depth: Int) -> Condition {
        if depth > 0 {
            switch number(6) {
            case 0: return .not(condition(depth: depth - 1))
            case 1: return .all((0..<number(4)).map { _ in condition(depth: depth - 1) })
            case 2: return .any((0..<number(4)).map { _ in condition(depth: depth - 1) })
            case 3: return .always
            default: break
            }
        }
        return leaf()
    }

    private mutating func leaf() -> Condition {
        let field = NumberField.allCases.randomElement(using: &random)!
        let addressField = AddressField.allCases.randomElement(using: &random)!
        switch number(14) {
        case 0, 1: return .number(field, in: numberSet())
        case 2: return .bits(field, mask: bits(), value: bits() & bits())
        case 3: return .anyBit(field, mask: bits())
        case 4: return .address(addressField, value: address() & mask(), mask: mask())
        case 5:
            let bounds = [address(), address()].sorted()
            return .addressRange(addressField, bounds[0]...bounds[1])
        case 6:
            let name = RandomRules.interfaceNames.randomElement(using: &random)!
            let text = chance(2) ? name : String(name.prefix(number(5)))
            return .interface(chance(2) ? .input : .output, InterfacePattern(text: text, isPrefix: chance(2)))
        case 7: return .sourceMAC(MACAddress(bits: UInt64(number(3)) << 40 | 5))
        case 8, 9:
            let all: [HeaderRequirement] = [.tcp, .udp, .icmp, .ports, .protocolChain, .tcpOptions]
            return .header(all.randomElement(using: &random)!)
        case 10: return .tcpOption(kind: UInt8(number(6)))
        case 11: return .hasConnection
        case 12:
            let period = 2 + number(3)
            return .history(HistoryTest(summary: "every \(period)") { _ in EveryNth(period) })
        default:
            guard family == .ipv4 else { return .hasConnection }
            let types: AddressTypes = [.local, .broadcast, .multicast, .unicast]
            return .addressType(
                chance(2) ? .source : .destination,
                AddressTypes(rawValue: types.rawValue & UInt16.random(in: 0...0xffff, using: &random)),
                limitedTo: .anyInterface)
        }
    }

    // MARK: Values: few different ones, so that tests hold often enough

    public mutating func number(_ upper: Int) -> Int { Int.random(in: 0..<upper, using: &random) }
    public mutating func chance(_ one: Int) -> Bool { number(one) == 0 }

    public mutating func bits() -> UInt32 {
        switch number(4) {
        case 0: 0
        case 1: .max
        case 2: 1 << UInt32(number(32))
        default: UInt32.random(in: 0...0xff, using: &random)
        }
    }

    private mutating func value() -> UInt32 {
        [0, 1, 5, 6, 17, 58, 64, 80, 443, 1460, UInt32.max].randomElement(using: &random)!
    }

    private mutating func numberSet() -> NumberSet {
        NumberSet(
            (0..<number(4)).map { _ in
                let bounds = [value(), value()].sorted()
                return bounds[0]...(chance(2) ? bounds[0] : bounds[1])
            })
    }

    public mutating func address() -> UInt128 {
        if family == .ipv4 {
            return [0x0a00_0001, 0x0a00_0005, 0x0a00_00ff, 0xc000_0201, 0xe000_0001, 0, 0xffff_ffff]
                .randomElement(using: &random)!
        }
        return [1, 0x2001_0db8 << 96 | 1, 0x2001_0db8 << 96 | 2 << 64, 0xfe80 << 112 | 7, .max]
            .randomElement(using: &random)!
    }

    private mutating func mask() -> UInt128 {
        let length = number(family.bitWidth + 1)
        return chance(4) ? UInt128(bits()) : IPPrefix.mask(length, family: family)
    }
}

/// Packets that meet such rules, decoded ones and such as no decoder makes.
extension RandomRules {
    public mutating func packet() -> (packet: Packet, bytes: [UInt8]) {
        var packet = Packet(family: family)
        packet.source = address()
        packet.destination = address()
        packet.transportProtocol = IPProtocol(
            rawValue: [1, 6, 6, 6, 17, 17, 58, 47].randomElement(using: &random)!)
        packet.totalLength = UInt32(20 + number(100))
        packet.hopLimit = UInt8(number(70))
        packet.trafficClass = UInt8(bits() & 0xff)
        packet.identification = value()
        if chance(6) { packet.fragmentOffset = UInt16(number(3)) }
        if chance(6) { packet.flags.formUnion([.hasFragmentHeader, .moreFragments]) }
        if chance(8) { packet.flags.insert(.fragmentReservedBits) }
        if chance(10) { packet.flags.insert(.brokenHeaderChain) }
        packet.transportOffset = 20
        packet.transportLength = 40
        packet.transportCaptured = chance(6) ? 24 : 40
        packet.tcpHeaderLength = [20, 24, 40, 12, 60].randomElement(using: &random)!
        packet.tcpFlags = TCPFlags(rawValue: UInt8(bits() & 0xff))
        if packet.fragmentOffset == 0, !chance(6) {
            let hasPorts = packet.transportProtocol == .tcp || packet.transportProtocol == .udp
            if hasPorts { packet.flags.insert(.hasPorts) }
            if !chance(5) { packet.flags.insert(.hasTransportHeader) }
        }
        packet.sourcePort = UInt16(truncatingIfNeeded: value())
        packet.destinationPort = UInt16(truncatingIfNeeded: value())
        packet.icmpType = UInt8(truncatingIfNeeded: value())
        packet.icmpCode = UInt8(number(3))
        var bytes = [UInt8](repeating: 1, count: 20 + 60)
        let options: [[UInt8]] = [[2, 4, 5, 0xb4], [1, 3, 3, 7], [4, 2, 2, 4, 0, 80], [5, 1, 1, 1]]
        bytes.replaceSubrange(40..<44, with: options.randomElement(using: &random)!.prefix(4))
        return (packet, bytes)
    }

    public mutating func metadata(_ interfaces: InterfaceTable) -> PacketMetadata {
        var metadata = PacketMetadata()
        metadata.inInterface = InterfaceID(rawValue: UInt16(number(interfaces.count)))
        metadata.outInterface = InterfaceID(rawValue: UInt16(number(interfaces.count)))
        metadata.mark = bits()
        metadata.packetType = PacketType(rawValue: UInt8(number(4)))!
        metadata.hasMACs = chance(2)
        metadata.sourceMAC = MACAddress(bits: UInt64(number(3)) << 40 | 5)
        return metadata
    }

    public mutating func flow() -> FlowView {
        var flow = FlowView(state: ConnectionState.allCases.randomElement(using: &random)!, family: family)
        flow.exists = chance(2)
        flow.isReply = chance(2)
        flow.status = ConnectionStatus(rawValue: bits())
        flow.expiresIn = value()
        for tuple in [\FlowView.original, \FlowView.reply] {
            flow[keyPath: tuple].source = address()
            flow[keyPath: tuple].destination = address()
            flow[keyPath: tuple].sourcePort = UInt16(truncatingIfNeeded: value())
            flow[keyPath: tuple].destinationPort = UInt16(truncatingIfNeeded: value())
            flow[keyPath: tuple].transportProtocol = .tcp
        }
        return flow
    }
}

public struct TestMatch: Match {
    public static let schema = ExtensionSchema("test")
    public let condition: Condition
    public let savedWords: [String] = []

    public init(condition: Condition) { self.condition = condition }
    public init?(_ reader: inout OptionReader) { nil }
}

public struct TestTarget: TargetExtension {
    public static let schema = ExtensionSchema("TEST")
    public let action: Action
    public let savedWords: [String] = []

    public init(action: Action) { self.action = action }
    public init?(_ reader: inout OptionReader) { nil }
}

/// True for every nth question.
final class EveryNth: MatchHistory {
    private let period: Int
    private var count = 0

    init(_ period: Int) { self.period = period }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        count += 1
        return TestAnswer(count % period == 0)
    }
}
