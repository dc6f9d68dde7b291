import Packets
import RuleModel

/// Conditions, and what a packet has in their place, in words.
struct ConditionWords {
    let family: AddressFamily

    /// What the condition asks for, as the end of "needs …".
    func words(_ condition: Condition) -> String {
        switch condition {
        case .always: "nothing"
        case .not(.not(let inner)): words(inner)
        case .not(let inner): "not " + (inner.isCompound ? "(\(words(inner)))" : words(inner))
        case .all(let parts): parts.isEmpty ? "nothing" : parts.map(wordsInside).joined(separator: " and ")
        case .any(let parts):
            parts.isEmpty ? "the impossible" : parts.map(wordsInside).joined(separator: " or ")
        case .number(let field, let set): "\(field.words) \(list(set, of: field))"
        case .bits(let field, let mask, let value): bits(field, mask: mask, value: value)
        case .anyBit(let field, let mask): "any of \(bitNames(mask, of: field)) in \(field.words)"
        case .address(let field, let value, let mask): "\(field.words) \(block(value, mask))"
        case .addressRange(let field, let range):
            "\(field.words) \(address(range.lowerBound))-\(address(range.upperBound))"
        case .addressType(let field, let types, let scope): addressType(field, types, scope)
        case .reversePath(let test): test.summary
        case .interface(let field, let pattern):
            "\(field.words) \(pattern.text)\(pattern.isPrefix ? "+" : "")"
        case .sourceMAC(let mac): "source MAC \(mac)"
        case .header(let requirement): requirement.words
        case .tcpOption(let kind): "TCP option \(kind)"
        case .hasConnection: "a tracked connection"
        case .packet(let test): test.summary
        case .fact(let test): test.summary
        case .history(let test): test.summary
        }
    }

    private func wordsInside(_ condition: Condition) -> String {
        condition.isCompound ? "(\(words(condition)))" : words(condition)
    }

    func address(_ bits: UInt128) -> String { IPAddress(family: family, bits: bits).description }

    private func block(_ value: UInt128, _ mask: UInt128) -> String {
        let inverse = ~mask & family.allOnes
        guard inverse & (inverse &+ 1) == 0 else { return "\(address(value))/\(address(mask))" }
        let length = family.bitWidth - (128 - inverse.leadingZeroBitCount)
        return length == family.bitWidth ? address(value) : "in \(address(value))/\(length)"
    }

    private func list(_ set: NumberSet, of field: NumberField) -> String {
        let parts = set.ranges.flatMap { range in
            if range.count == 1 || (field.isEnumeration && range.count <= 8) {
                return range.map { field.name(of: $0, family: family) }
            }
            if range.upperBound == .max { return ["\(range.lowerBound) or more"] }
            return ["\(range.lowerBound)-\(range.upperBound)"]
        }
        guard let last = parts.last else { return "none" }
        return parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " or " + last
    }

    private func bits(_ field: NumberField, mask: UInt32, value: UInt32) -> String {
        guard field == .tcpFlags else { return "\(field.words) & 0x\(hex(mask)) = 0x\(hex(value))" }
        let flags = bitNames(mask, of: field)
        if value == 0 { return "none of the TCP flags \(flags)" }
        if value == mask {
            return mask.nonzeroBitCount == 1 ? "the TCP flag \(flags)" : "all of the TCP flags \(flags)"
        }
        return "just \(bitNames(value, of: field)) of the TCP flags \(flags)"
    }

    func bitNames(_ mask: UInt32, of field: NumberField) -> String {
        switch field {
        case .tcpFlags: return TCPFlags(rawValue: UInt8(truncatingIfNeeded: mask)).names
        case .connectionStatus:
            // `--ctstatus` knows the lowest four bits of `enum ip_conntrack_status`.
            let names = ["EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"].enumerated()
                .filter { mask >> UInt32($0.offset) & 1 == 1 }.map(\.element)
            return names.isEmpty ? "0x\(hex(mask))" : names.joined(separator: ",")
        default: return "0x\(hex(mask))"
        }
    }

    private func addressType(_ field: AddressField, _ types: AddressTypes, _ scope: AddressTypeScope)
        -> String
    {
        let place =
            switch scope {
            case .anyInterface: ""
            case .inputInterface: " on the input interface"
            case .outputInterface: " on the output interface"
            }
        return "\(field.words) of type \(types.names)\(place)"
    }
}

func hex(_ number: some BinaryInteger) -> String { String(number, radix: 16) }

extension Condition {
    fileprivate var isCompound: Bool {
        switch self {
        case .all(let parts), .any(let parts): parts.count > 1
        default: false
        }
    }
}

extension TCPFlags {
    /// As iptables spells them, joined by commas.
    var names: String {
        let all: [(TCPFlags, String)] = [
            (.fin, "FIN"), (.syn, "SYN"), (.rst, "RST"), (.psh, "PSH"), (.ack, "ACK"), (.urg, "URG"),
            (.ece, "ECE"),
            (.cwr, "CWR"),
        ]
        let there = all.filter { contains($0.0) }.map(\.1)
        return there.isEmpty ? "none" : there.joined(separator: ",")
    }
}

extension AddressTypes {
    /// As `-m addrtype` spells them, joined by commas.
    var names: String {
        let all: [(AddressTypes, String)] = [
            (.unspecified, "UNSPEC"), (.unicast, "UNICAST"), (.local, "LOCAL"), (.broadcast, "BROADCAST"),
            (.anycast, "ANYCAST"), (.multicast, "MULTICAST"), (.blackhole, "BLACKHOLE"),
            (.unreachable, "UNREACHABLE"), (.prohibit, "PROHIBIT"), (.throw, "THROW"), (.nat, "NAT"),
            (.xresolve, "XRESOLVE"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ",")
    }
}

extension HeaderRequirement {
    fileprivate var words: String {
        switch self {
        case .tcp: "a TCP header"
        case .udp: "a UDP header"
        case .icmp: "an ICMP header"
        case .ports: "a header with ports"
        case .protocolChain: "a whole chain of IPv6 headers"
        case .tcpOptions: "a TCP header with its options"
        }
    }
}

extension InterfaceField {
    var words: String { self == .input ? "input interface" : "output interface" }
}

extension AddressField {
    var words: String {
        switch self {
        case .source: "source"
        case .destination: "destination"
        case .connectionOriginalSource: "the connection's original source"
        case .connectionOriginalDestination: "the connection's original destination"
        case .connectionReplySource: "the connection's reply source"
        case .connectionReplyDestination: "the connection's reply destination"
        }
    }
}

extension NumberField {
    var words: String {
        switch self {
        case .transportProtocol: "protocol"
        case .sourcePort: "source port"
        case .destinationPort: "destination port"
        case .icmpType: "ICMP type"
        case .icmpCode: "ICMP code"
        case .tcpFlags: "TCP flags"
        case .tcpMaximumSegmentSize: "TCP MSS"
        case .length: "length"
        case .hopLimit: "TTL"
        case .trafficClass: "TOS"
        case .fragmentOffset: "fragment offset"
        case .fragmentHeader: "fragment header"
        case .fragmentIdentification: "fragment id"
        case .moreFragments: "more-fragments flag"
        case .fragmentReserved: "reserved fragment bits"
        case .mark: "mark"
        case .packetType: "packet type"
        case .linkAddresses: "link-layer addresses"
        case .connectionState: "state"
        case .connectionStatus: "connection status"
        case .connectionDirection: "connection direction"
        case .connectionProtocol: "the connection's protocol"
        case .connectionOriginalSourcePort: "the connection's original source port"
        case .connectionOriginalDestinationPort: "the connection's original destination port"
        case .connectionReplySourcePort: "the connection's reply source port"
        case .connectionReplyDestinationPort: "the connection's reply destination port"
        case .connectionExpiry: "the connection's time left"
        case .connectionMark: "the connection's mark"
        case .securityParameterIndex: "SPI"
        }
    }

    /// Whether numbers next to each other have nothing in common.
    var isEnumeration: Bool {
        switch self {
        case .transportProtocol, .connectionProtocol, .connectionState, .connectionDirection, .packetType:
            true
        default: false
        }
    }

    /// A value of the field as a person would say it.
    func name(of value: UInt32, family: AddressFamily) -> String {
        switch self {
        case .transportProtocol, .connectionProtocol:
            IPProtocol(rawValue: UInt8(truncatingIfNeeded: value)).description
        case .tcpFlags: TCPFlags(rawValue: UInt8(truncatingIfNeeded: value)).names
        case .connectionState:
            ConnectionState(rawValue: UInt8(truncatingIfNeeded: value))?.name ?? String(value)
        case .packetType:
            switch PacketType(rawValue: UInt8(truncatingIfNeeded: value)) {
            case .host: "unicast"
            case .broadcast: "broadcast"
            case .multicast: "multicast"
            case .loopback: "loopback"
            default: String(value)
            }
        case .icmpType:
            ICMPTypeNames.name(type: UInt8(truncatingIfNeeded: value), code: 0, family).map {
                "\(value) (\($0))"
            }
                ?? String(value)
        case .connectionDirection: value == 0 ? "ORIGINAL" : "REPLY"
        case .mark, .trafficClass, .connectionStatus, .connectionMark: "0x\(hex(value))"
        default: String(value)
        }
    }
}
