public import Packets
internal import RuleModel

/// One packet with all that rules can read of it.
public struct ConcretePacket {
    public var packet: Packet
    public var metadata: PacketMetadata
    public var flow: FlowView
    /// The frame that `packet` was decoded from.
    public var bytes: [UInt8]

    public init(packet: Packet, metadata: PacketMetadata, flow: FlowView, bytes: [UInt8]) {
        self.packet = packet
        self.metadata = metadata
        self.flow = flow
        self.bytes = bytes
    }
}

/// A packet with all answers that were open, as a point of the space that made it.
public struct PacketPoint {
    /// By level; nil if the packet has a value that the space has no room for, and so is in no set.
    fileprivate let values: [Bool]?
}

extension PacketSpace {
    /// - Parameters:
    ///   - interfaces: the names behind the ids in the packet's metadata.
    ///   - answer: what tests with memory answer, and of which type addresses are (a bit of
    ///     `AddressTypes.rawValue`, by its number; 1 for unicast).
    public func point(
        of packet: ConcretePacket, interfaces: InterfaceTable, answer: (FreeVariable) -> UInt32 = { _ in 1 }
    ) -> PacketPoint {
        var values = [Bool](repeating: false, count: Int(layout.count))
        func write(_ value: UInt128, _ levels: Range<UInt32>) {
            for (position, level) in levels.reversed().enumerated() where value >> UInt128(position) & 1 == 1
            {
                values[Int(level)] = true
            }
        }
        let bytes = packet.bytes.span.bytes
        for field in layout.fields {
            guard let value = packet.value(field, bytes, atoms, interfaces) else { continue }
            guard value <= DiagramStore.largest(layout[field]) else { return PacketPoint(values: nil) }
            write(value, layout[field])
        }
        for (kind, level) in optionLevels {
            if case .present = packet.packet.findTCPOption(kind, bytes) { values[Int(level)] = true }
        }
        for (variable, levels) in freeVariables {
            let answer = answer(variable)
            if family == .ipv6, case .addressType = variable {
                let types: [AddressTypes] = [.local, .anycast, .unreachable]
                for (type, level) in zip(types, levels) {
                    values[Int(level)] = 1 << answer == UInt32(type.rawValue)
                }
            } else {
                write(UInt128(answer), levels)
            }
        }
        return PacketPoint(values: values)
    }

    /// Whether a packet is in a set.
    /// - Precondition: the set depends on no answer that became open after the point was made.
    public func contains(_ set: PacketSet, _ point: PacketPoint) -> Bool {
        guard let values = point.values else { return false }
        return store.evaluate(set.diagram) { values[Int($0)] }
    }
}

extension ConcretePacket {
    /// Nil if the packet doesn't have the field.
    fileprivate func value(
        _ field: Field, _ bytes: RawSpan, _ atoms: InterfaceAtoms, _ interfaces: InterfaceTable
    ) -> UInt128? {
        switch field {
        case .number(let field): value(field, bytes).map { UInt128($0) }
        case .address(let field): address(field)
        case .interface(let field):
            atoms.number(
                of: interfaces.name(of: field == .input ? metadata.inInterface : metadata.outInterface)
            ).map { UInt128($0) }
        case .sourceMAC: UInt128(metadata.sourceMAC.bits)
        case .fact(let fact): holds(fact, bytes) ? 1 : 0
        }
    }

    private func holds(_ fact: Field.Fact, _ bytes: RawSpan) -> Bool {
        switch fact {
        case .laterFragment: packet.isLaterFragment
        case .transportHeader: packet.flags.contains(.hasTransportHeader)
        case .ports: packet.flags.contains(.hasPorts)
        case .brokenChain: packet.flags.contains(.brokenHeaderChain)
        case .readableTCPOptions:
            packet.hasReadableTCPOptions
        case .maximumSegmentSize: packet.tcpMaximumSegmentSize(bytes) != nil
        }
    }

    private func value(_ field: NumberField, _ bytes: RawSpan) -> UInt32? {
        switch field {
        case .transportProtocol: UInt32(packet.transportProtocol.rawValue)
        case .sourcePort: UInt32(packet.sourcePort)
        case .destinationPort: UInt32(packet.destinationPort)
        case .icmpType: UInt32(packet.icmpType)
        case .icmpCode: UInt32(packet.icmpCode)
        case .tcpFlags: UInt32(packet.tcpFlags.rawValue)
        case .tcpMaximumSegmentSize: packet.tcpMaximumSegmentSize(bytes).map(UInt32.init)
        case .length: packet.totalLength
        case .hopLimit: UInt32(packet.hopLimit)
        case .trafficClass: UInt32(packet.trafficClass)
        case .fragmentOffset: UInt32(packet.fragmentOffset)
        case .fragmentHeader: packet.flags.contains(.hasFragmentHeader) ? 1 : 0
        case .fragmentIdentification: packet.identification
        case .moreFragments: packet.flags.contains(.moreFragments) ? 1 : 0
        case .fragmentReserved: packet.flags.contains(.fragmentReservedBits) ? 1 : 0
        case .mark: metadata.mark
        case .packetType: UInt32(metadata.packetType.rawValue)
        case .linkAddresses: metadata.hasMACs ? 1 : 0
        case .connectionState: UInt32(flow.state.rawValue)
        case .connectionStatus: flow.exists ? flow.status.rawValue : 0
        case .connectionDirection: flow.isReply ? 1 : 0
        case .connectionProtocol: UInt32(flow.original.transportProtocol.rawValue)
        case .connectionOriginalSourcePort: UInt32(flow.original.sourcePort)
        case .connectionOriginalDestinationPort: UInt32(flow.original.destinationPort)
        case .connectionReplySourcePort: UInt32(flow.reply.sourcePort)
        case .connectionReplyDestinationPort: UInt32(flow.reply.destinationPort)
        case .connectionExpiry: flow.expiresIn
        case .connectionMark: flow.mark
        case .securityParameterIndex: packet.securityParameterIndex(bytes)
        }
    }

    private func address(_ field: AddressField) -> UInt128 {
        switch field {
        case .source: packet.source
        case .destination: packet.destination
        case .connectionOriginalSource: flow.original.source
        case .connectionOriginalDestination: flow.original.destination
        case .connectionReplySource: flow.reply.source
        case .connectionReplyDestination: flow.reply.destination
        }
    }
}
