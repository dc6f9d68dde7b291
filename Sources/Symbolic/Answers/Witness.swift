public import Packets
import RuleModel

/// One packet of a set, as ordinary as the set allows.
public struct Witness: Sendable {
    /// As it arrives, or as the host sends it.
    public var packet: PacketDescription
    /// What the packet must have beside, and its words can't say: `packet type broadcast`, `limit 5/min burst 5 fails`.
    /// Empty for nearly all sets; then `explain` can confirm the witness.
    public var conditions: [String]

    /// The packet's words, and behind them in brackets what they can't say.
    public var text: String {
        conditions.isEmpty ? packet.description : "\(packet) [\(conditions.joined(separator: ", "))]"
    }
}

extension PacketSpace {
    /// A packet of the set; nil if it is empty.
    /// - Parameter hook: where the set's packets are: in FORWARD and POSTROUTING, one that was forwarded has lost one
    ///   from its hop limit since it arrived. Nil if the set is in terms of packets as they arrive.
    public func witness(of set: PacketSet, at hook: Hook? = nil) -> Witness? {
        guard !isEmpty(set), !isTooComplex else { return nil }
        var search = WitnessSearch(self, set)
        let witness = search.witness(at: hook)
        return isTooComplex ? nil : witness
    }
}

/// Takes one field after the other, and of each the value that is nearest to an ordinary one.
struct WitnessSearch {
    private let space: PacketSpace
    private var choice: PacketChoice
    private let dependsOnState: Bool
    private(set) var conditions: [String] = []

    init(_ space: PacketSpace, _ set: PacketSet) {
        self.space = space
        choice = PacketChoice(space, set.diagram)
        let connection = NumberField.allCases.filter(\.isOfConnection).map { Field.number($0) }
        let addresses = AddressField.allCases.filter { $0 != .source && $0 != .destination }
        let levels = (connection + addresses.map { .address($0) }).flatMap { Array(space.layout[$0]) }
        dependsOnState = space.limited(space.store.exists(Set(levels), set.diagram)) != set
    }

    mutating func witness(at hook: Hook?) -> Witness {
        choice.prefer(space.plain)
        let isLater = decide(.laterFragment, preferring: false)
        decideUnsaid(.brokenChain, preferring: false, "broken chain of IPv6 headers")
        let isWhole = decide(.transportHeader, preferring: !isLater)
        let hasPorts = decide(.ports, preferring: isWhole)
        let state = states()
        let number = IPProtocol(
            rawValue: UInt8(value(.number(.transportProtocol), [6, 17, icmp, 1, 47, 50, 132])))
        let input = value(.interface(.input), [])
        let output = value(.interface(.output), [])
        answerFreeVariables()
        let isV4 = space.family == .ipv4
        let source = value(.address(.source), [isV4 ? 0xcb00_7109 : 0x2001_0db8 << 96 | 9])
        let destination = value(
            .address(.destination), [isV4 ? 0xc000_020a : 0x2001_0db8_0000_0001 << 64 | 0x10])

        var packet = PacketDescription(
            number, source: IPAddress(family: space.family, bits: source),
            destination: IPAddress(family: space.family, bits: destination))
        packet.isHeaderCut = !isLater && !isWhole
        if hasPorts {
            let ports: [UInt128] = number == .udp ? [53, 123, 443, 33434] : [443, 80, 22, 25, 8080]
            packet.sourcePort = UInt16(value(.number(.sourcePort), [40000, 1000]))
            packet.destinationPort = UInt16(value(.number(.destinationPort), ports))
        }
        if isWhole, number == .tcp {
            let ordinary: [UInt128] = state == .new ? [0x02, 0x10] : [0x10, 0x18, 0x12, 0x02]
            packet.tcpFlags = TCPFlags(
                rawValue: UInt8(value(.number(.tcpFlags), ordinary + [0x11, 0x04, 0x14])))
        }
        if isWhole, number == .icmp || number == .icmpv6 {
            packet.icmpType = UInt8(
                value(.number(.icmpType), number == .icmp ? [8, 0, 3, 11] : [128, 129, 1, 3]))
            packet.icmpCode = UInt8(value(.number(.icmpCode), [0]))
        }
        packet.mark = UInt32(value(.number(.mark), [0]))
        let lost: UInt8 = (hook == .forward || (hook == .postrouting && input != 0)) ? 1 : 0
        packet.hopLimit = UInt8(value(.number(.hopLimit), [64 - UInt128(lost), 1])) &+ lost
        packet.trafficClass = UInt8(value(.number(.trafficClass), [0]))
        decideRest(&packet, number, isWhole: isWhole)
        packet.totalLength = UInt32(value(.number(.length), [0]))
        if let length = packet.totalLength, Int(length) == packet.headersLength { packet.totalLength = nil }
        // Words can cut a header short by the packet's end only.
        if packet.isHeaderCut, packet.totalLength != nil {
            conditions.append("a header that the capture cuts")
        }
        if input != 0 { packet.inInterface = space.atoms.names[Int(input)] }
        if output != 0 { packet.outInterface = space.atoms.names[Int(output)] }
        if dependsOnState {
            packet.state = state
            decideConnection(state, packet)
        }
        return Witness(packet: packet, conditions: conditions)
    }

    private var icmp: UInt128 { space.family == .ipv4 ? 1 : 58 }

    private mutating func states() -> ConnectionState {
        let order: [ConnectionState] = [.new, .established, .related, .untracked, .invalid]
        let number = value(.number(.connectionState), order.map { UInt128($0.rawValue) })
        return ConnectionState(rawValue: UInt8(number)) ?? .new
    }

    /// What is seldom asked for, in ways that the words of a packet say or don't.
    private mutating func decideRest(
        _ packet: inout PacketDescription, _ number: IPProtocol, isWhole: Bool
    ) {
        packet.fragmentOffset = UInt16(value(.number(.fragmentOffset), [0, 185]))
        packet.moreFragments = value(.number(.moreFragments), [0]) == 1
        let hasHeader = packet.moreFragments || packet.fragmentOffset != 0
        if space.family == .ipv6 {
            if value(.number(.fragmentHeader), [hasHeader ? 1 : 0]) == 1 {
                packet.identification = UInt32(value(.number(.fragmentIdentification), [0]))
                if !hasHeader { conditions.append("a fragment header, though it is no fragment") }
            }
            if value(.number(.fragmentReserved), [0]) == 1 {
                conditions.append("reserved bits set in the fragment header")
            }
        }
        let type = value(.number(.packetType), [0])
        if type != 0 {
            conditions.append(
                "packet type \(["unicast", "broadcast", "multicast", "otherhost", "outgoing", "loopback"][Int(type)])"
            )
        }
        if value(.number(.linkAddresses), [0]) == 1 {
            packet.sourceMAC = MACAddress(bits: UInt64(value(.sourceMAC, [0x0200_5e10_0001])))
        }
        if isWhole, number == .esp || number == .ah {
            expect(.number(.securityParameterIndex), 0, "SPI ", String.init)
        }
        guard number == .tcp, isWhole else { return }
        decideUnsaid(.readableTCPOptions, preferring: true, "TCP options that can't be read")
        if decide(.maximumSegmentSize, preferring: false) {
            conditions.append("TCP MSS \(value(.number(.tcpMaximumSegmentSize), [1460]))")
        }
        for (kind, level) in space.optionLevels.sorted(by: { $0.key < $1.key })
        where choice.take(space.store.variable(level), preferring: false) {
            conditions.append("TCP option \(kind)")
        }
    }

    /// What `explain` assumes of a connection in a state, or else says so.
    private mutating func decideConnection(_ state: ConnectionState, _ packet: PacketDescription) {
        guard state == .new || state == .established || state == .related else { return }
        var known = Packet(family: space.family)
        (known.source, known.destination) = (packet.source.bits, packet.destination.bits)
        known.transportProtocol = packet.transportProtocol
        (known.sourcePort, known.destinationPort) = (packet.sourcePort ?? 0, packet.destinationPort ?? 0)
        (known.icmpType, known.icmpCode) = (packet.icmpType ?? 0, packet.icmpCode ?? 0)
        let flow = FlowView(assuming: state, for: known)
        expect(.number(.connectionDirection), 0, "connection direction reply") { _ in "" }
        expect(.number(.connectionStatus), UInt128(flow.status.rawValue), "connection status ") {
            "0x" + String($0, radix: 16)
        }
        expect(
            .number(.connectionProtocol), UInt128(flow.original.transportProtocol.rawValue),
            "connection protocol ",
            String.init)
        let ports: [(NumberField, UInt16, String)] = [
            (.connectionOriginalSourcePort, flow.original.sourcePort, "original source port "),
            (.connectionOriginalDestinationPort, flow.original.destinationPort, "original destination port "),
            (.connectionReplySourcePort, flow.reply.sourcePort, "reply source port "),
            (.connectionReplyDestinationPort, flow.reply.destinationPort, "reply destination port "),
        ]
        for (field, port, name) in ports {
            expect(.number(field), UInt128(port), "connection's \(name)", String.init)
        }
        let addresses: [(AddressField, UInt128, String)] = [
            (.connectionOriginalSource, flow.original.source, "original source "),
            (.connectionOriginalDestination, flow.original.destination, "original destination "),
            (.connectionReplySource, flow.reply.source, "reply source "),
            (.connectionReplyDestination, flow.reply.destination, "reply destination "),
        ]
        for (field, address, name) in addresses {
            expect(.address(field), address, "connection's \(name)") { [family = space.family] in
                IPAddress(family: family, bits: $0).description
            }
        }
        expect(
            .number(.connectionExpiry), UInt128(flow.expiresIn), "connection expires in seconds: ",
            String.init)
        expect(.number(.connectionMark), UInt128(flow.mark), "connection mark 0x") { String($0, radix: 16) }
    }

    private mutating func expect(
        _ field: Field, _ wanted: UInt128, _ words: String, _ print: (UInt128) -> String
    ) {
        let found = value(field, [wanted])
        if found != wanted { conditions.append(words + print(found)) }
    }

    private mutating func answerFreeVariables() {
        for (variable, levels) in space.freeVariables.sorted(by: { $0.value.lowerBound < $1.value.lowerBound }
        ) {
            switch variable {
            case .history(let occurrence):
                // A fresh memory lets the first packet by.
                if !choice.take(space.store.variable(levels.lowerBound), preferring: true) {
                    conditions.append("\(occurrence.test.summary) fails")
                }
            case .reversePath:
                if !choice.take(space.store.variable(levels.lowerBound), preferring: true) {
                    conditions.append("\(variable.summary) fails")
                }
            case .packet, .fact:
                if choice.take(space.store.variable(levels.lowerBound), preferring: false) {
                    conditions.append(variable.summary)
                }
            case .outcome:
                let found = choice.nearest(levels, [0])
                if found != 0 { conditions.append("\(variable.summary) as its rule asks") }
            case .addressType:
                let ordinary: UInt128 = space.family == .ipv4 ? 1 : 0
                let found = choice.nearest(levels, [ordinary])
                if found != ordinary { conditions.append("\(variable.summary) as its rule asks") }
            }
        }
    }

    // MARK: Taking

    @discardableResult
    private mutating func decide(_ fact: Field.Fact, preferring wanted: Bool) -> Bool {
        choice.take(space.fact(fact), preferring: wanted)
    }

    private mutating func decideUnsaid(_ fact: Field.Fact, preferring wanted: Bool, _ words: String) {
        if decide(fact, preferring: wanted) != wanted { conditions.append(words) }
    }

    private mutating func value(_ field: Field, _ candidates: [UInt128]) -> UInt128 {
        choice.nearest(space.layout[field], candidates)
    }
}
