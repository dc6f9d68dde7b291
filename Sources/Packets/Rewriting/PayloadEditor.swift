/// Changes what is behind a TCP or UDP header, with the lengths and checksums that depend on it (`nf_nat_helper.c`).
public struct PayloadEditor {
    /// The packet as it is by now.
    public private(set) var packet: Packet
    /// The frame as it is by now.
    public private(set) var bytes: [UInt8]
    /// Whether the network card is to complete the checksum.
    private let isOffloaded: Bool

    /// - Parameter packet: decoded from `frame`; wholly captured, if anything is to be replaced.
    public init(_ packet: Packet, _ frame: RawSpan) {
        self.packet = packet
        bytes = frame.withUnsafeBytes { Array($0) }
        isOffloaded = packet.verifyTransportChecksum(frame) == .offloaded
    }

    private var start: Int { Int(packet.transportOffset) }

    /// By the IP header's word; empty for a packet without such a header.
    public var payload: ArraySlice<UInt8> {
        let end = min(start + Int(packet.transportLength), bytes.count)
        return bytes[min(start + headerLength, end)..<end]
    }

    private var headerLength: Int {
        guard packet.flags.contains(.hasTransportHeader) else { return Int(packet.transportLength) }
        switch packet.transportProtocol {
        case .tcp: return Int(packet.tcpHeaderLength)
        case .udp: return 8
        default: return Int(packet.transportLength)
        }
    }

    /// Puts other bytes in the place of some of the payload's; the frame ends behind the payload.
    /// - Parameter range: counts from the payload's first byte.
    /// - Returns: false if the packet would become too long.
    public mutating func replace(_ range: Range<Int>, with new: [UInt8]) -> Bool {
        let payload = payload
        precondition(range.upperBound <= payload.count, "outside the payload")
        let change = new.count - range.count
        guard Int(packet.totalLength) + change <= 65_535 else { return false }
        let first = payload.startIndex
        bytes.removeSubrange(payload.endIndex...)
        bytes.replaceSubrange(first + range.lowerBound..<first + range.upperBound, with: new)
        packet.totalLength = UInt32(Int(packet.totalLength) + change)
        packet.transportLength = UInt32(Int(packet.transportLength) + change)
        packet.transportCaptured = packet.transportLength
        writeLength()
        if packet.transportProtocol == .udp {
            bytes.set(UInt16(truncatingIfNeeded: packet.transportLength), at: start + 4)
        }
        completeChecksum()
        return true
    }

    private mutating func writeLength() {
        let network = Int(packet.networkOffset)
        guard packet.family == .ipv4 else {
            bytes.set(UInt16(truncatingIfNeeded: Int(packet.totalLength) - 40), at: network + 4)
            return
        }
        bytes.set(UInt16(truncatingIfNeeded: packet.totalLength), at: network + 2)
        bytes.set(0, at: network + 10)
        let header = InternetChecksum.sum(bytes.span.bytes, from: network, count: start - network)
        bytes.set(~InternetChecksum.fold(header), at: network + 10)
    }

    /// A UDP packet without a checksum gets none.
    private mutating func completeChecksum() {
        guard let place = packet.transportProtocol.checksumOffset.map({ start + $0 }) else { return }
        if packet.transportProtocol == .udp, bytes.uint16(at: place) == 0 { return }
        let length = Int(packet.transportLength)
        let pseudoHeader = InternetChecksum.pseudoHeaderSum(
            source: packet.source, destination: packet.destination, packet.transportProtocol, length: length)
        guard !isOffloaded else {
            bytes.set(InternetChecksum.fold(pseudoHeader), at: place)
            return
        }
        bytes.set(0, at: place)
        let sum = InternetChecksum.sum(bytes.span.bytes, from: start, count: length) &+ pseudoHeader
        let checksum = ~InternetChecksum.fold(sum)
        bytes.set(checksum == 0 && packet.transportProtocol == .udp ? 0xffff : checksum, at: place)
    }
}
