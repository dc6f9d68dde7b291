internal import Conntrack
internal import Packets
internal import RuleModel

extension PacketWords {
    /// The test that nearly every instruction of a rule set is.
    @inline(__always)
    func test(_ step: Instruction) -> Bool {
        let index = Int(step.selector & 15)
        return (values[index] & step.mask) &- step.low <= step.span && present >> UInt32(index) & 1 == 1
    }

    func value(_ selector: UInt8) -> UInt32? {
        let index = Int(selector & 15)
        return present >> UInt32(index) & 1 == 1 ? values[index] : nil
    }
}

extension MatchEngine {
    /// Every test but that of a word.
    func test(
        _ step: Instruction, _ words: PacketWords, _ packet: Packet,
        _ metadata: PacketMetadata, _ flow: FlowView, _ bytes: RawSpan,
        _ host: SimulatedHost, _ hook: Hook, _ connections: inout ConnectionTable
    ) -> TestAnswer {
        switch step.opcode {
        case .wordSet: return TestAnswer(contains(step, words.value(step.selector)))
        case .numberSet: return TestAnswer(contains(step, field(step, packet, metadata, flow, bytes)))
        case .number:
            guard let value = field(step, packet, metadata, flow, bytes) else { return .fails }
            return TestAnswer((value & step.mask) &- step.low <= step.span)
        case .maskedAddress:
            let operands = addresses[Int(step.low)]
            guard let address = address(step, packet, flow) else { return .fails }
            return TestAnswer(address & operands.second == operands.first)
        case .addressRange:
            let operands = addresses[Int(step.low)]
            guard let address = address(step, packet, flow) else { return .fails }
            return TestAnswer(address >= operands.first && address <= operands.second)
        case .addressType:
            guard let address = address(step, packet, flow) else { return .fails }
            let interface: InterfaceID? =
                switch AddressTypeScope(rawValue: UInt8(truncatingIfNeeded: step.mask)) {
                case .inputInterface: metadata.inInterface
                case .outputInterface: metadata.outInterface
                case .anyInterface, nil: nil
                }
            return TestAnswer(
                host.isAddress(
                    IPAddress(family: packet.family, bits: address),
                    oneOf: AddressTypes(rawValue: UInt16(truncatingIfNeeded: step.low)), on: interface))
        case .reversePath:
            return TestAnswer(
                host.isOnReversePath(packet, metadata, ReversePathTest(rawValue: step.selector)))
        case .interfaceSet:
            return TestAnswer(interfaceSets[Int(step.low)].contains(words.values[Int(step.selector & 15)]))
        case .sourceMAC:
            let address = UInt64(step.mask) << 32 | UInt64(step.low)
            return TestAnswer(metadata.hasMACs && metadata.sourceMAC.bits == address)
        case .header:
            guard let requirement = HeaderRequirement(rawValue: step.selector) else { return .fails }
            return requirement.test(packet)
        case .tcpOption:
            return switch packet.findTCPOption(step.selector, bytes) {
            case .present: .holds
            case .absent: .fails
            case .unreadable: .hotdrop
            }
        case .hasConnection: return TestAnswer(flow.exists)
        case .packet:
            let context = TestContext(packet: packet, metadata: metadata, flow: flow, hook: hook)
            return packetTests[Int(step.low)].answer(context, bytes)
        case .fact: return TestAnswer(step.selector == 1)
        case .history:
            let context = TestContext(packet: packet, metadata: metadata, flow: flow, hook: hook)
            return histories[Int(step.low)].answer(context, bytes, &connections)
        default: return .fails
        }
    }

    private func contains(_ step: Instruction, _ value: UInt32?) -> Bool {
        guard let value else { return false }
        let first = Int(step.low)
        for index in first..<first + Int(step.span) where value &- ranges[index].low <= ranges[index].span {
            return true
        }
        return false
    }

    private func field(
        _ step: Instruction, _ packet: Packet, _ metadata: PacketMetadata,
        _ flow: FlowView, _ bytes: RawSpan
    ) -> UInt32? {
        guard let field = NumberField(rawValue: step.selector) else { return nil }
        return FieldReader.value(field, packet, metadata, flow, bytes)
    }

    private func address(
        _ step: Instruction, _ packet: Packet, _ flow: FlowView
    ) -> UInt128? {
        guard let field = AddressField(rawValue: step.selector) else { return nil }
        return FieldReader.address(field, packet, flow)
    }
}
