internal import Packets

/// A tuple for a translated connection.
struct PortChoice {
    var tuple: FlowTuple
    /// Its port or identifier is one that the kernel draws lots over: another run may give another one.
    var isDrawn = false
}

extension ConnectionTable {
    /// Looks for a free port or ICMP identifier (`nf_nat_l4proto_unique_tuple`); if there is none, or the protocol has
    /// none, the last that was tried.
    mutating func choosePort(
        _ original: FlowTuple, _ range: NATRange, _ manipulation: NATManipulation, for entry: Int,
        _ now: Timestamp
    ) -> PortChoice {
        var search = PortSearch(original, manipulation)
        guard let ports = search.ports(range, isExpected: connections[entry].status.contains(.expected))
        else { return PortChoice(tuple: original) }
        let count = UInt32(ports.upperBound - ports.lowerBound) + 1
        let isRandom = range.isRandom || range.isFullyRandom
        var choice = PortChoice(tuple: original)
        var offset: UInt16 = 0
        if let base = range.basePort {
            offset = search.port &- base
        } else if isRandom || manipulation == .source {
            offset = lots.draw()
            choice.isDrawn = count > 1
        }
        var attempts = min(count, 128)
        while true {
            for attempt in 0..<attempts {
                search.port = UInt16(UInt32(ports.lowerBound) + UInt32(offset) % count)
                if isFree(search.tuple, for: entry, attemptsLeft: attempts - attempt, now) {
                    choice.tuple = search.tuple
                    return choice
                }
                offset &+= 1
            }
            guard attempts < count, attempts >= 16 else {
                choice.tuple = search.tuple
                return choice
            }
            attempts /= 2
            offset = lots.draw()
            choice.isDrawn = true
        }
    }

    /// `nf_nat_used_tuple_harder`: among the last attempts, a TCP connection that is over makes room, if the new one's
    /// sequence numbers are beyond its own.
    private mutating func isFree(_ tuple: FlowTuple, for entry: Int, attemptsLeft: UInt32, _ now: Timestamp)
        -> Bool
    {
        guard let place = holder(of: tuple, now) else { return true }
        let new = connections[entry]
        guard attemptsLeft <= 32, tuple.transportProtocol == .tcp, new.tcp.state == .synSent,
            place.direction == .reply
        else { return false }
        let old = connections[place.entry]
        guard old.tcp.state.isOver, old.status.contains(.sourceNAT),
            Int32(bitPattern: new.tcp.original.end &- old.tcp.original.end) > 0
        else { return false }
        remove(place.entry)
        return true
    }
}

/// The port or identifier of a tuple that a translation may change.
private struct PortSearch {
    var tuple: FlowTuple
    private let manipulation: NATManipulation

    init(_ tuple: FlowTuple, _ manipulation: NATManipulation) {
        self.tuple = tuple
        self.manipulation = manipulation
    }

    private var isICMP: Bool { tuple.transportProtocol == .icmp || tuple.transportProtocol == .icmpv6 }
    /// An ICMP identifier is the same in either direction.
    private var isSource: Bool { isICMP || manipulation == .source }

    var port: UInt16 {
        get { isSource ? tuple.sourcePort : tuple.destinationPort }
        set { if isSource { tuple.sourcePort = newValue } else { tuple.destinationPort = newValue } }
    }

    /// Nil where nothing may change. A GRE key changes only for PPTP's helper.
    func ports(_ range: NATRange, isExpected: Bool) -> ClosedRange<UInt16>? {
        switch tuple.transportProtocol {
        case .icmp, .icmpv6: return range.ports ?? 0...65535
        case .tcp, .udp, .udpLite, .sctp: break
        case .gre: return isExpected ? range.ports ?? 1...65535 : nil
        default: return nil
        }
        if let ports = range.ports { return ports }
        guard manipulation == .source else { return nil }
        switch port {
        case 0..<512: return 1...511
        case 512..<1024: return 600...1023
        default: return 1024...65535
        }
    }
}
