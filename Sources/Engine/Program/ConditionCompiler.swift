internal import Packets
internal import RuleModel

extension ProgramBuilder {
    /// Emits a condition that leads to one of two places, and gives its first instruction.
    mutating func emit(_ condition: Condition, onTrue: UInt32, onFalse: UInt32) -> UInt32 {
        switch condition {
        case .always: return onTrue
        case .not(let inner):
            factAnswer.toggle()
            defer { factAnswer.toggle() }
            return emit(inner, onTrue: onFalse, onFalse: onTrue)
        case .all(let parts):
            var first = onTrue
            for part in parts.reversed() { first = emit(part, onTrue: first, onFalse: onFalse) }
            return first
        case .any(let parts):
            var first = onFalse
            for part in parts.reversed() { first = emit(part, onTrue: onTrue, onFalse: first) }
            return first
        default:
            var leaf = compile(leaf: condition)
            var onFalse = onFalse
            if onTrue != last, onFalse != last {
                // Only where a part is constant: neither answer goes on.
                onFalse = emit(Instruction(opcode: .leave, exit: onFalse))
            }
            leaf.fallsThroughIf = onTrue == last
            leaf.exit = leaf.fallsThroughIf ? onFalse : onTrue
            return emit(leaf)
        }
    }

    /// The instruction that will follow the next one to be emitted.
    private var last: UInt32 { UInt32(reversed.count - 1) }

    private func test(
        _ opcode: Opcode, selector: UInt8 = 0, mask: UInt32 = 0, low: UInt32 = 0, span: UInt32 = 0
    ) -> Instruction {
        Instruction(opcode: opcode, selector: selector, mask: mask, low: low, span: span)
    }

    private mutating func compile(leaf condition: Condition) -> Instruction {
        switch condition {
        case .always, .not, .all, .any: preconditionFailure("not a leaf")
        case .number(let field, let set): return compile(field, in: set)
        case .bits(let field, let mask, let value): return compile(field, mask: mask, low: value, span: 0)
        case .anyBit(let field, let mask): return compile(field, mask: mask, low: 1, span: .max - 1)
        case .address(let field, let value, let mask): return compile(field, value: value, mask: mask)
        case .addressRange(let field, let range): return compile(field, range: range)
        case .addressType(let field, let types, let scope):
            return test(
                .addressType, selector: field.rawValue, mask: UInt32(scope.rawValue),
                low: UInt32(types.rawValue))
        case .reversePath(let pathTest): return test(.reversePath, selector: pathTest.rawValue)
        case .interface(let field, let pattern): return compile(field, pattern)
        case .sourceMAC(let address):
            return test(
                .sourceMAC, mask: UInt32(truncatingIfNeeded: address.bits >> 32),
                low: UInt32(truncatingIfNeeded: address.bits))
        case .header(let requirement): return test(.header, selector: requirement.rawValue)
        case .tcpOption(let kind): return test(.tcpOption, selector: kind)
        case .hasConnection: return test(.hasConnection)
        case .packet(let packetTest):
            packetTests.append(packetTest)
            return test(.packet, low: UInt32(packetTests.count - 1))
        case .fact(let factTest): return compile(factTest)
        case .history(let history):
            histories.append(history)
            return test(.history, low: UInt32(histories.count - 1))
        }
    }

    /// - Precondition: `emit` set `factAnswer` for the place of the test in its condition.
    private mutating func compile(_ fact: FactTest) -> Instruction {
        let index = number(ofFact: fact.fact)
        return test(.fact, selector: factAnswer ? 1 : 0, low: UInt32(index))
    }

    private func compile(_ field: NumberField, mask: UInt32, low: UInt32, span: UInt32) -> Instruction {
        if let word = field.word {
            return test(.word, selector: word.rawValue, mask: mask, low: low, span: span)
        }
        return test(.number, selector: field.rawValue, mask: mask, low: low, span: span)
    }

    private mutating func compile(_ field: NumberField, in set: NumberSet) -> Instruction {
        if set.ranges.count == 1 {
            let range = set.ranges[0]
            return compile(
                field, mask: .max, low: range.lowerBound, span: range.upperBound - range.lowerBound)
        }
        let first = UInt32(ranges.count)
        for range in set.ranges {
            ranges.append(
                CompiledRules.WordRange(low: range.lowerBound, span: range.upperBound - range.lowerBound))
        }
        let count = UInt32(set.ranges.count)
        if let word = field.word { return test(.wordSet, selector: word.rawValue, low: first, span: count) }
        return test(.numberSet, selector: field.rawValue, low: first, span: count)
    }

    private mutating func compile(_ field: AddressField, value: UInt128, mask: UInt128) -> Instruction {
        if let word = ipv4Word(field), value >> 32 == 0 {
            return test(
                .word, selector: word.rawValue, mask: UInt32(truncatingIfNeeded: mask),
                low: UInt32(truncatingIfNeeded: value))
        }
        addresses.append(CompiledRules.AddressOperands(first: value, second: mask))
        return test(.maskedAddress, selector: field.rawValue, low: UInt32(addresses.count - 1))
    }

    private mutating func compile(_ field: AddressField, range: ClosedRange<UInt128>) -> Instruction {
        if let word = ipv4Word(field), range.upperBound >> 32 == 0 {
            return test(
                .word, selector: word.rawValue, mask: .max, low: UInt32(range.lowerBound),
                span: UInt32(range.upperBound - range.lowerBound))
        }
        addresses.append(CompiledRules.AddressOperands(first: range.lowerBound, second: range.upperBound))
        return test(.addressRange, selector: field.rawValue, low: UInt32(addresses.count - 1))
    }

    private func ipv4Word(_ field: AddressField) -> PacketWord? {
        guard family == .ipv4 else { return nil }
        return field == .source ? .source : field == .destination ? .destination : nil
    }

    private mutating func compile(_ field: InterfaceField, _ pattern: InterfacePattern) -> Instruction {
        let word: PacketWord = field == .input ? .inInterface : .outInterface
        if !pattern.isPrefix {
            let id = interfaces.id(of: pattern.text)
            return test(.word, selector: word.rawValue, mask: .max, low: UInt32(id.rawValue))
        }
        let index: Int
        if let known = interfaceSets.firstIndex(where: { $0.pattern == pattern }) {
            index = known
        } else {
            index = interfaceSets.count
            interfaceSets.append(InterfaceSet(pattern))
        }
        return test(.interfaceSet, selector: word.rawValue, low: UInt32(index))
    }
}

extension NumberField {
    /// Where the field is among the words; nil for the rarer ones.
    var word: PacketWord? {
        switch self {
        case .transportProtocol: .transportProtocol
        case .sourcePort: .sourcePort
        case .destinationPort: .destinationPort
        case .icmpType: .icmpType
        case .icmpCode: .icmpCode
        case .tcpFlags: .tcpFlags
        case .length: .length
        case .hopLimit: .hopLimit
        case .trafficClass: .trafficClass
        case .fragmentOffset: .fragmentOffset
        case .mark: .mark
        case .connectionState: .connectionState
        case .tcpMaximumSegmentSize, .fragmentHeader, .fragmentIdentification, .moreFragments,
            .fragmentReserved,
            .packetType, .linkAddresses, .connectionStatus, .connectionDirection, .connectionProtocol,
            .connectionOriginalSourcePort, .connectionOriginalDestinationPort, .connectionReplySourcePort,
            .connectionReplyDestinationPort, .connectionExpiry, .connectionMark, .securityParameterIndex:
            nil
        }
    }
}
