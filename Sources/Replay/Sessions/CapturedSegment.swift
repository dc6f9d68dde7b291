import Packets

/// A TCP segment as a stack takes it from the network.
struct CapturedSegment: Sendable {
    var flags: TCPFlags
    var sequence: UInt32
    var acknowledgement: UInt32
    /// As it stands in the header.
    var window: UInt16
    /// Of a SYN.
    var options: TCPOptions?
    /// As much of the payload as was captured.
    var payload: [UInt8]
    /// The payload's length on the wire.
    var length: Int

    /// - Returns: nil for a header that no stack can read.
    init?(_ packet: Packet, _ bytes: RawSpan) {
        let header = Int(packet.tcpHeaderLength)
        guard packet.flags.contains(.hasTransportHeader), header >= 20, header <= Int(packet.transportLength)
        else { return nil }
        flags = packet.tcpFlags
        sequence = packet.tcpSequence
        acknowledgement = packet.tcpAcknowledgement
        window = packet.tcpWindow
        options = flags.contains(.syn) ? packet.tcpOptions(bytes) : nil
        length = Int(packet.transportLength) - header
        let start = Int(packet.transportOffset) + header
        let captured = max(0, Int(packet.transportCaptured) - header)
        payload =
            captured == 0 ? [] : bytes.extracting(start..<start + captured).withUnsafeBytes { Array($0) }
    }
}
