/// Changes the TCP header in a frame as netfilter's targets do, and its checksum with it, so that a wrong one stays wrong.
public struct TCPHeaderEditor {
    /// The packet as it is by now.
    public internal(set) var packet: Packet
    /// The frame as it is by now.
    public internal(set) var bytes: [UInt8]
    let start: Int
    /// The upper layer's length by the IP header's word.
    private let length: Int
    /// Whether the network card is to complete the checksum.
    private let isOffloaded: Bool

    public enum Outcome: Sendable {
        /// Changed, or left alone.
        case done
        /// The header is no TCP header: the packet is dropped.
        case unreadable
    }

    /// - Parameter packet: decoded from `frame`; its upper layer is taken for TCP.
    public init(_ packet: Packet, _ frame: RawSpan) {
        self.packet = packet
        bytes = frame.withUnsafeBytes { Array($0) }
        start = Int(packet.transportOffset)
        length = Int(packet.transportLength)
        isOffloaded = packet.verifyTransportChecksum(frame) == .offloaded
    }

    /// What the capture holds of the upper layer.
    var captured: Int { min(Int(packet.transportCaptured), bytes.count - start) }

    // MARK: Flags

    /// Sets or clears ECE and CWR (`set_ect_tcp` in net/ipv4/netfilter/ipt_ECN.c).
    public mutating func setFlags(echo: Bool?, windowReduced: Bool?) -> Outcome {
        guard length >= 20 else { return .unreadable }
        guard captured >= 20 else { return .done }
        var flags = TCPFlags(rawValue: bytes[start + 13])
        for (flag, isSet) in [(TCPFlags.ece, echo), (TCPFlags.cwr, windowReduced)] {
            guard let isSet else { continue }
            if isSet { flags.insert(flag) } else { flags.remove(flag) }
        }
        var change = ChecksumChange()
        change.replace(UInt16(bytes[start + 13]), UInt16(flags.rawValue))
        bytes[start + 13] = flags.rawValue
        if !packet.isLaterFragment { packet.tcpFlags = flags }
        apply(change)
        return .done
    }

    // MARK: Options

    /// Lowers the segment size that a SYN announces, or adds it where it is missing (`tcpmss_mangle_packet` in
    /// net/netfilter/xt_TCPMSS.c).
    /// - Parameter assumed: what the other end assumes of a SYN that says nothing.
    public mutating func limitSegmentSize(to limit: UInt16, assumed: UInt16) -> Outcome {
        guard !packet.isLaterFragment else { return .done }
        guard length >= 20, let header = headerLength, length >= header else { return .unreadable }
        guard captured >= header else { return .done }
        var offset = 20
        while offset <= header - 4 {
            if bytes[start + offset] == 2, bytes[start + offset + 1] == 4 {
                let old = word(start + offset + 2)
                guard old > limit else { return .done }
                bytes.set(limit, at: start + offset + 2)
                // The kernel takes no notice of an odd offset.
                var change = ChecksumChange()
                change.replace(old, limit)
                apply(change)
                return .done
            }
            offset += optionLength(at: offset)
        }
        guard length == header, header < 60 else { return .done }
        addOption(size: min(limit, assumed))
        return .done
    }

    /// Puts NOPs in the place of options (`tcpoptstrip_mangle_packet` in net/netfilter/xt_TCPOPTSTRIP.c).
    public mutating func stripOptions(_ kinds: Set<UInt8>) -> Outcome {
        guard !packet.isLaterFragment else { return .done }
        guard length >= 20, let header = headerLength, length >= header else { return .unreadable }
        guard captured >= header else { return .done }
        var change = ChecksumChange()
        var offset = 20
        while offset < header - 1 {
            let count = optionLength(at: offset)
            guard offset + count <= header else { break }
            if kinds.contains(bytes[start + offset]) {
                for place in offset..<offset + count {
                    let shift: UInt16 = place % 2 == 0 ? 8 : 0
                    change.replace(UInt16(bytes[start + place]) << shift, UInt16(1) << shift)
                    bytes[start + place] = 1
                }
            }
            offset += count
        }
        apply(change)
        return .done
    }

    /// The stated length; nil if it is too short to be one.
    private var headerLength: Int? {
        guard captured >= 13 else { return 20 }
        let stated = Int(bytes[start + 12] >> 4) * 4
        return stated >= 20 ? stated : nil
    }

    /// Never 0.
    private func optionLength(at offset: Int) -> Int {
        guard bytes[start + offset] > 1, start + offset + 1 < bytes.count else { return 1 }
        return max(1, Int(bytes[start + offset + 1]))
    }

    /// In front of the other options, behind which nothing follows.
    private mutating func addOption(size: UInt16) {
        let option: [UInt8] = [2, 4, UInt8(size >> 8), UInt8(truncatingIfNeeded: size)]
        let oldOffset = word(start + 12)
        bytes.insert(contentsOf: option, at: start + 20)
        bytes[start + 12] += 1 << 4
        var change = ChecksumChange()
        change.replace(oldOffset, word(start + 12))
        change.replace(UInt16(0), 0x0204)
        change.replace(UInt16(0), size)
        packet.transportLength += 4
        packet.transportCaptured += 4
        packet.totalLength += 4
        packet.tcpHeaderLength += 4
        if isOffloaded {
            let sum = InternetChecksum.pseudoHeaderSum(
                source: packet.source, destination: packet.destination, packet.transportProtocol,
                length: length + 4)
            bytes.set(InternetChecksum.fold(sum), at: start + 16)
        } else {
            change.replace(UInt16(truncatingIfNeeded: length), UInt16(truncatingIfNeeded: length + 4))
            apply(change)
        }
        writeLength()
    }

    private mutating func writeLength() {
        let network = Int(packet.networkOffset)
        let place = network + (packet.family == .ipv4 ? 2 : 4)
        let old = word(place)
        bytes.set(old &+ 4, at: place)
        guard packet.family == .ipv4 else { return }
        var change = ChecksumChange()
        change.replace(old, old &+ 4)
        bytes.set(change.applied(to: word(network + 10)), at: network + 10)
    }

    func word(_ offset: Int) -> UInt16 { bytes.span.bytes.uint16(at: offset) }

    /// Nothing happens to a checksum that a network card is to complete.
    mutating func apply(_ change: ChecksumChange) {
        guard !isOffloaded, captured >= 18 else { return }
        bytes.set(change.applied(to: word(start + 16)), at: start + 16)
    }
}
