internal import Packets
internal import RuleModel

/// What a condition makes of packets: those that meet it, and those that it drops on the spot; the rest don't meet it.
struct TestDiagrams {
    var holds: Diagram
    var hotdrops = Diagram.never
}

extension PacketSpace {
    /// - Parameter counter: names the histories, in the order in which they are written.
    func test(_ condition: Condition, _ counter: inout OccurrenceCounter) -> TestDiagrams {
        switch condition {
        case .always: return TestDiagrams(holds: .always)
        case .not(let inner):
            let inner = test(inner, &counter)
            return TestDiagrams(holds: store.and(!inner.holds, !inner.hotdrops), hotdrops: inner.hotdrops)
        case .all(let parts):
            var result = TestDiagrams(holds: .always)
            for part in parts {
                let next = test(part, &counter)
                if next.hotdrops != .never {
                    result.hotdrops = store.or(result.hotdrops, store.and(result.holds, next.hotdrops))
                }
                result.holds = store.and(result.holds, next.holds)
            }
            return result
        case .any(let parts):
            var result = TestDiagrams(holds: .never)
            for part in parts {
                let next = test(part, &counter)
                if next.hotdrops != .never {
                    result.hotdrops = store.or(result.hotdrops, store.and(!result.holds, next.hotdrops))
                }
                result.holds = store.or(result.holds, store.and(next.holds, !result.hotdrops))
            }
            return result
        case .header(let requirement): return test(requirement)
        case .tcpOption(let kind):
            let readable = fact(.readableTCPOptions)
            return TestDiagrams(
                holds: store.and(readable, store.variable(optionLevel(kind))), hotdrops: !readable)
        case .history(let history):
            return open(.history(counter.next(history)))
        case .packet(let packetTest): return open(.packet(packetTest))
        case .fact(let factTest): return open(.fact(factTest))
        case .reversePath(let pathTest): return open(.reversePath(pathTest))
        default: return TestDiagrams(holds: leaf(condition))
        }
    }

    /// A test whose answer stays open.
    private func open(_ variable: FreeVariable) -> TestDiagrams {
        TestDiagrams(holds: store.variable(levels(of: variable, width: 1).lowerBound))
    }

    private func leaf(_ condition: Condition) -> Diagram {
        switch condition {
        case .number(let field, let set): return number(field, in: set)
        case .bits(let field, let mask, let value):
            let levels = layout[.number(field)]
            return store.and(
                presence(of: field), store.number(levels, mask: UInt128(mask), value: UInt128(value)))
        case .anyBit(let field, let mask):
            let levels = layout[.number(field)]
            let inside = UInt128(mask) & DiagramStore.largest(levels)
            return store.and(presence(of: field), !store.number(levels, mask: inside, value: 0))
        case .address(let field, let value, let mask):
            return store.and(
                presence(of: field),
                store.number(layout[.address(field)], mask: mask, value: value))
        case .addressRange(let field, let range):
            return store.and(presence(of: field), store.number(layout[.address(field)], in: range))
        case .addressType(let field, let types, let scope):
            return store.and(presence(of: field), addressType(field, types, scope))
        case .interface(let field, let pattern): return interface(field, pattern)
        case .sourceMAC(let address):
            return store.and(
                number(.linkAddresses, in: NumberSet(1)),
                store.number(layout[.sourceMAC], in: UInt128(address.bits)...UInt128(address.bits)))
        case .hasConnection: return hasConnection
        case .always, .not, .all, .any, .header, .tcpOption, .packet, .fact, .history, .reversePath:
            preconditionFailure("\(condition) is no plain leaf")
        }
    }

    func number(_ field: NumberField, in set: NumberSet) -> Diagram {
        let levels = layout[.number(field)]
        let ranges = set.ranges.map {
            store.number(levels, in: UInt128($0.lowerBound)...UInt128($0.upperBound))
        }
        return store.and(presence(of: field), store.or(ranges))
    }

    func fact(_ fact: Field.Fact) -> Diagram { store.variable(layout[.fact(fact)].lowerBound) }

    func interface(_ field: InterfaceField, _ pattern: InterfacePattern) -> Diagram {
        if let known = patternDiagrams[field]?[pattern] { return known }
        let levels = layout[.interface(field)]
        let ranges = atoms.matching(pattern).ranges.map {
            store.number(levels, in: UInt128($0.lowerBound)...UInt128($0.upperBound))
        }
        let diagram = store.or(ranges)
        patternDiagrams[field, default: [:]][pattern] = diagram
        return diagram
    }

    /// `HeaderRequirement`, as the kernel's matches test it.
    private func test(_ requirement: HeaderRequirement) -> TestDiagrams {
        if requirement == .protocolChain {
            let isBroken = fact(.brokenChain)
            return TestDiagrams(holds: !isBroken, hotdrops: isBroken)
        }
        let isFirst = !fact(.laterFragment)
        let there: Diagram =
            switch requirement {
            case .tcp, .udp, .icmp: fact(.transportHeader)
            case .ports: fact(.ports)
            case .tcpOptions, .protocolChain: fact(.readableTCPOptions)
            }
        var hotdrops = store.and(isFirst, !there)
        // Offset 1 is looked for in IPv4 only, see `HeaderRequirement.test` of the engine.
        if requirement == .tcp, family == .ipv4 {
            hotdrops = store.or(hotdrops, number(.fragmentOffset, in: NumberSet(1)))
        }
        return TestDiagrams(holds: store.and(isFirst, there), hotdrops: hotdrops)
    }

    // MARK: Which packets have a field

    func presence(of field: NumberField) -> Diagram {
        switch field {
        case .sourcePort, .destinationPort: fact(.ports)
        case .icmpType, .icmpCode:
            store.and(fact(.transportHeader), transport([.icmp, .icmpv6]))
        case .tcpFlags: store.and(fact(.transportHeader), transport([.tcp]))
        case .tcpMaximumSegmentSize: store.and(fact(.readableTCPOptions), fact(.maximumSegmentSize))
        case .fragmentIdentification: store.variable(layout[.number(.fragmentHeader)].lowerBound)
        case .connectionDirection, .connectionProtocol, .connectionOriginalSourcePort,
            .connectionOriginalDestinationPort, .connectionReplySourcePort, .connectionReplyDestinationPort,
            .connectionExpiry, .connectionMark:
            hasConnection
        case .securityParameterIndex:
            store.and(fact(.transportHeader), transport([.esp, .ah]))
        case .transportProtocol, .length, .hopLimit, .trafficClass, .fragmentOffset, .fragmentHeader,
            .moreFragments,
            .fragmentReserved, .mark, .packetType, .linkAddresses, .connectionState, .connectionStatus:
            .always
        }
    }

    private func presence(of field: AddressField) -> Diagram {
        field == .source || field == .destination ? .always : hasConnection
    }

    var hasConnection: Diagram { states([.new, .established, .related]) }

    /// TCP's SYN, and the ACK that answers the SYN/ACK: of the segments that come to it, SYNPROXY takes those.
    var handshake: Diagram {
        let flags = [TCPFlags.syn, .ack].map {
            leaf(.bits(.tcpFlags, mask: 0x17, value: UInt32($0.rawValue)))
        }
        return store.or(flags[0], flags[1])
    }

    func states(_ states: [ConnectionState]) -> Diagram {
        number(.connectionState, in: NumberSet(states.map { UInt32($0.rawValue)...UInt32($0.rawValue) }))
    }

    func transport(_ protocols: [IPProtocol]) -> Diagram {
        number(.transportProtocol, in: NumberSet(protocols.map { UInt32($0.rawValue)...UInt32($0.rawValue) }))
    }

    // MARK: Variables that are made when they are first asked for

    func optionLevel(_ kind: UInt8) -> UInt32 {
        if let known = optionLevels[kind] { return known }
        let level = layout.appendVariables(1).lowerBound
        optionLevels[kind] = level
        return level
    }

    func levels(of variable: FreeVariable, width: Int) -> Range<UInt32> {
        if let known = freeVariables[variable] { return known }
        let made = layout.appendVariables(width)
        freeVariables[variable] = made
        if case .history = variable { historyLevels.formUnion(made) }
        return made
    }
}
