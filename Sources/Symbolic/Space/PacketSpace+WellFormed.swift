public import Packets
import RuleModel

/// Which combinations of values a packet can have.
extension PacketSpace {
    func makeWellFormed() -> Diagram {
        let parts = [
            interfaces, fragments, headers, lengths, tcpOptions, connections,
            store.number(layout[.number(.packetType)], in: 0...UInt128(PacketType.loopback.rawValue)),
        ]
        // From the last variables to the first, which makes the fewest nodes that are thrown away.
        return parts.sorted { store.level($0) > store.level($1) }
            .reduce(.always) { store.and($0, $1) }
    }

    private var isLater: Diagram { fact(.laterFragment) }
    private var isBroken: Diagram { fact(.brokenChain) }

    private func implies(_ a: Diagram, _ b: Diagram) -> Diagram { !store.and(a, !b) }
    private func same(_ a: Diagram, _ b: Diagram) -> Diagram { store.choose(a, b, !b) }

    /// Of the parts of the names only those that there are; a packet has at least one interface.
    private var interfaces: Diagram {
        let last = UInt128(atoms.names.count - 1)
        let input = layout[.interface(.input)]
        let output = layout[.interface(.output)]
        let known = store.and(store.number(input, in: 0...last), store.number(output, in: 0...last))
        return store.and(
            known, !store.and(store.number(input, in: 0...0), store.number(output, in: 0...0)))
    }

    private var fragments: Diagram {
        let offset = number(.fragmentOffset, in: NumberSet(0))
        let more = number(.moreFragments, in: NumberSet(1))
        let reserved = number(.fragmentReserved, in: NumberSet(1))
        let header = number(.fragmentHeader, in: NumberSet(1))
        let link = same(isLater, !offset)
        if family == .ipv4 { return store.and(link, store.and(!header, !reserved)) }
        return store.and(link, implies(store.or([isLater, more, reserved]), header))
    }

    /// Which header the packet has, by protocol (`Packet.decodeTransport`).
    private var headers: Diagram {
        let whole = fact(.transportHeader)
        let ports = fact(.ports)
        let hasNone = store.or(isLater, isBroken)
        let withPorts = store.or(IPProtocol.all.filter(\.hasPorts).map { transport([$0]) })
        let withoutHeader = store.or(
            IPProtocol.all.filter { $0.fixedHeaderLength == 0 }.map { transport([$0]) })
        return [
            family == .ipv4 ? !isBroken : .always,
            implies(hasNone, store.and(!whole, !ports)),
            implies(ports, withPorts),
            implies(store.and(whole, withPorts), ports),
            // There is nothing to be cut of a header that isn't known.
            implies(store.and(withoutHeader, !hasNone), whole),
        ].reduce(.always) { store.and($0, $1) }
    }

    /// An IP packet is at least as long as its headers; those of one that the capture cut are there in its length.
    private var lengths: Diagram {
        let header = family == .ipv4 ? 20 : 40
        func atLeast(_ length: Int) -> Diagram {
            number(.length, in: NumberSet(UInt32(length)...UInt32.max))
        }
        let whole = fact(.transportHeader)
        var parts = [atLeast(header), implies(store.and(!whole, fact(.ports)), atLeast(header + 4))]
        let lengths = Set(IPProtocol.all.map(\.fixedHeaderLength)).filter { $0 > 0 }.sorted()
        for length in lengths {
            let protocols = transport(IPProtocol.all.filter { $0.fixedHeaderLength == length })
            parts.append(implies(store.and(whole, protocols), atLeast(header + length)))
        }
        if family == .ipv6 {
            let fragment = number(.fragmentHeader, in: NumberSet(1))
            parts.append(implies(fragment, atLeast(header + 8)))
            for length in lengths {
                let protocols = transport(IPProtocol.all.filter { $0.fixedHeaderLength == length })
                parts.append(
                    implies(
                        store.and(fragment, store.and(whole, protocols)), atLeast(header + 8 + length)))
            }
        }
        return parts.reduce(.always) { store.and($0, $1) }
    }

    private var tcpOptions: Diagram {
        let readable = fact(.readableTCPOptions)
        let size = fact(.maximumSegmentSize)
        let header = family == .ipv4 ? 20 : 40
        let withSize = number(.length, in: NumberSet(UInt32(header + 24)...UInt32.max))
        return store.and(
            implies(readable, presence(of: .tcpFlags)), implies(size, store.and(readable, withSize)))
    }

    /// `resolve_normal_ct` of net/netfilter/nf_conntrack_core.c: a connection is NEW until its second direction was
    /// seen, and what comes from there isn't NEW.
    private var connections: Diagram {
        let state = number(
            .connectionState,
            in: NumberSet(0...UInt32(ConnectionState.allCases.map(\.rawValue).max() ?? 0)))
        let status = layout[.number(.connectionStatus)]
        func has(_ bit: ConnectionStatus) -> Diagram {
            store.number(status, mask: UInt128(bit.rawValue), value: UInt128(bit.rawValue))
        }
        let isReply = store.variable(layout[.number(.connectionDirection)].lowerBound)
        return [
            state,
            implies(!hasConnection, store.number(status, in: 0...0)),
            implies(states([.new]), store.and(!isReply, store.and(!has(.seenReply), !has(.expected)))),
            implies(states([.established]), has(.seenReply)),
        ].reduce(.always) { store.and($0, $1) }
    }

    /// The packets that can be at a hook, by the interfaces that they have there.
    public func packets(at hook: Hook) -> PacketSet { limited(interfaces(at: hook)) }

    func interfaces(at hook: Hook) -> Diagram {
        let hasInput = !store.number(layout[.interface(.input)], in: 0...0)
        let hasOutput = !store.number(layout[.interface(.output)], in: 0...0)
        return switch hook {
        case .prerouting, .input: store.and(hasInput, !hasOutput)
        // A hop limit of 1 was the packet's last.
        case .forward: store.and(store.and(hasInput, hasOutput), number(.hopLimit, in: NumberSet(1...254)))
        case .output: store.and(!hasInput, hasOutput)
        case .postrouting: hasOutput
        }
    }
}

extension IPProtocol {
    static let all = (0...UInt8.max).map(IPProtocol.init(rawValue:))
}
