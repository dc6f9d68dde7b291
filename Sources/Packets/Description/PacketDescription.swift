/// A packet in words, as a user writes it and as every report shows it:
///
///     tcp 10.0.0.5:4242 > 192.0.2.1:443 S in=eth0 state=NEW
///     udp [2001:db8::1]:53 > [2001:db8::2]:4000 len 60
///     icmp 10.0.0.5 > 192.0.2.1 echo-request ttl=1
///
/// First the protocol (name or number), then the addresses, with ports if the protocol has any; then words in any
/// order. TCP flags are letters of `FSRPAUEC` or `none` (without the word: `S`), ICMP types iptables' names or
/// `TYPE/CODE` (without: echo-request). `len N` is the IP packet's length. `df` and `key=value`: `in out state ttl
/// tos id frag mark mac dmac seq ack win len length`. `frag=OFFSET` is in bytes, a `+` behind it says that more
/// fragments follow; `cut`, that the upper layer's header isn't there whole. What isn't said is 0, the TTL 64, the
/// length that of the headers.
public struct PacketDescription: Hashable, Sendable {
    public var transportProtocol: IPProtocol
    public var source: IPAddress
    public var destination: IPAddress
    /// nil where the protocol has none, in a later fragment, and where the header is cut before them.
    public var sourcePort: UInt16?
    public var destinationPort: UInt16?
    /// nil for other protocols, in a later fragment, and where the header is cut.
    public var tcpFlags: TCPFlags?
    /// Likewise.
    public var icmpType: UInt8?
    public var icmpCode: UInt8?
    /// See `Packet.totalLength`; nil: what the headers need.
    public var totalLength: UInt32?
    public var hopLimit: UInt8 = 64
    public var trafficClass: UInt8 = 0
    public var identification: UInt32 = 0
    public var dontFragment = false
    public var moreFragments = false
    /// In units of 8 bytes.
    public var fragmentOffset: UInt16 = 0
    /// The upper layer's fixed header isn't there whole, though this is no later fragment: the packet is too short,
    /// its IPv6 header chain broken, or its end was not captured.
    public var isHeaderCut = false
    public var tcpSequence: UInt32?
    public var tcpAcknowledgement: UInt32?
    public var tcpWindow: UInt16?
    public var mark: UInt32 = 0
    public var inInterface: String?
    public var outInterface: String?
    public var state: ConnectionState?
    public var sourceMAC: MACAddress?
    public var destinationMAC: MACAddress?

    /// - Precondition: the addresses are of one family.
    public init(_ transportProtocol: IPProtocol, source: IPAddress, destination: IPAddress) {
        precondition(source.family == destination.family)
        self.transportProtocol = transportProtocol
        self.source = source
        self.destination = destination
    }

    /// Describes a decoded packet. TCP's numbers are left out; set them to have them shown.
    /// - Parameter interfaces: the table that gave out the ids in `metadata`.
    public init(
        _ packet: Packet, _ metadata: PacketMetadata = PacketMetadata(),
        interfaces: InterfaceTable = InterfaceTable(), state: ConnectionState? = nil
    ) {
        self.init(
            packet.transportProtocol, source: IPAddress(family: packet.family, bits: packet.source),
            destination: IPAddress(family: packet.family, bits: packet.destination))
        if packet.flags.contains(.hasPorts) {
            sourcePort = packet.sourcePort
            destinationPort = packet.destinationPort
        }
        isHeaderCut = packet.fragmentOffset == 0 && !packet.flags.contains(.hasTransportHeader)
        if packet.flags.contains(.hasTransportHeader) {
            if packet.transportProtocol == .tcp { tcpFlags = packet.tcpFlags }
            if transportProtocol.isICMP {
                icmpType = packet.icmpType
                icmpCode = packet.icmpCode
            }
        }
        hopLimit = packet.hopLimit
        trafficClass = packet.trafficClass
        identification = packet.identification
        dontFragment = packet.flags.contains(.dontFragment)
        moreFragments = packet.flags.contains(.moreFragments)
        fragmentOffset = packet.fragmentOffset
        if packet.totalLength != UInt32(headersLength) { totalLength = packet.totalLength }
        mark = metadata.mark
        if metadata.inInterface != .none { inInterface = interfaces.name(of: metadata.inInterface) }
        if metadata.outInterface != .none { outInterface = interfaces.name(of: metadata.outInterface) }
        if metadata.hasMACs {
            sourceMAC = metadata.sourceMAC
            destinationMAC = metadata.destinationMAC
        }
        self.state = state
    }

    public var family: AddressFamily { source.family }

    var ipHeaderLength: Int {
        family == .ipv4 ? 20 : fragmentOffset != 0 || moreFragments ? 48 : 40
    }

    /// How much there is of the upper layer's fixed header, in bytes.
    var transportHeaderLength: Int {
        guard fragmentOffset == 0 else { return 0 }
        return isHeaderCut ? (sourcePort == nil ? 0 : 4) : transportProtocol.builtHeaderLength
    }

    /// Of the IP header and the upper layer's, in bytes.
    public var headersLength: Int { ipHeaderLength + transportHeaderLength }
}

extension IPProtocol {
    var isICMP: Bool { self == .icmp || self == .icmpv6 }

    /// How much header a description of this protocol can give content to.
    var builtHeaderLength: Int { hasPorts || isICMP ? fixedHeaderLength : 0 }
}

extension PacketDescription: CustomStringConvertible {
    /// In the words that `init(parsing:)` reads.
    public var description: String {
        var words = [
            protocolWord,
            endpoint(source, sourcePort), ">", endpoint(destination, destinationPort),
        ]
        if let tcpFlags { words.append(tcpFlags.letters) }
        if let icmpType, let icmpCode {
            words.append(
                ICMPTypeNames.name(type: icmpType, code: icmpCode, icmpFamily) ?? "\(icmpType)/\(icmpCode)")
        }
        if isHeaderCut { words.append("cut") }
        if let totalLength { words.append("len \(totalLength)") }
        if let inInterface { words.append("in=\(inInterface)") }
        if let outInterface { words.append("out=\(outInterface)") }
        if let state { words.append("state=\(state.name)") }
        if hopLimit != 64 { words.append("ttl=\(hopLimit)") }
        if trafficClass != 0 {
            words.append("tos=0x" + HexadecimalText.print(UInt16(trafficClass), minimumDigits: 2))
        }
        if identification != 0 { words.append("id=\(identification)") }
        if dontFragment { words.append("df") }
        if fragmentOffset != 0 || moreFragments {
            words.append("frag=\(UInt32(fragmentOffset) * 8)" + (moreFragments ? "+" : ""))
        }
        if mark != 0 { words.append("mark=0x" + String(mark, radix: 16)) }
        if let sourceMAC { words.append("mac=\(sourceMAC)") }
        if let destinationMAC { words.append("dmac=\(destinationMAC)") }
        if let tcpSequence { words.append("seq=\(tcpSequence)") }
        if let tcpAcknowledgement { words.append("ack=\(tcpAcknowledgement)") }
        if let tcpWindow { words.append("win=\(tcpWindow)") }
        return words.joined(separator: " ")
    }

    /// ICMPv4 in IPv6 has only its number, as `icmp` there means ICMPv6.
    private var protocolWord: String {
        switch transportProtocol {
        case .icmpv6: "icmpv6"
        case .icmp where family == .ipv6: "1"
        default: transportProtocol.description
        }
    }

    /// The family whose ICMP this is: IPv4 may carry ICMPv6 by mistake, and the other way round.
    var icmpFamily: AddressFamily { transportProtocol == .icmp ? .ipv4 : .ipv6 }

    private func endpoint(_ address: IPAddress, _ port: UInt16?) -> String {
        guard let port else { return address.description }
        return address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}

extension TCPFlags {
    /// The letters of the flags, from the low bit up: `SA`, `R`, `FPA` …
    private static let alphabet: [(Character, TCPFlags)] = [
        ("F", .fin), ("S", .syn), ("R", .rst), ("P", .psh), ("A", .ack), ("U", .urg), ("E", .ece),
        ("C", .cwr),
    ]

    /// One letter a flag; `none` without any.
    public var letters: String {
        isEmpty ? "none" : String(TCPFlags.alphabet.filter { contains($0.1) }.map { $0.0 })
    }

    /// Reads what `letters` writes, in any order; as in tcpdump, `.` is ACK.
    public init?(letters: String) {
        self = []
        guard !letters.isEmpty else { return nil }
        guard letters != "none" else { return }
        for letter in letters {
            let wanted = letter == "." ? "A" : letter
            guard let flag = TCPFlags.alphabet.first(where: { $0.0 == wanted })?.1 else { return nil }
            insert(flag)
        }
    }
}
