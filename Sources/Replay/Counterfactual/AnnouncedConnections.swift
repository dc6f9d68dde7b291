import Packets

/// Connections to which a packet leads that didn't get through: FTP's data connections (RFC 959, RFC 2428), a TFTP server's
/// answers from another port (RFC 1350).
struct AnnouncedConnections: Sendable {
    private struct End: Hashable {
        var family: AddressFamily
        var transportProtocol: IPProtocol
        var source: UInt128
        var destination: UInt128
        var port: UInt16
    }

    private static let limit = 256
    private static let longestLine = 256

    /// The latest.
    private var announced: [(end: End, loss: LostPacket)] = []

    /// Why a connection's first packet can't be; nil if it isn't announced.
    func loss(preventing packet: Packet) -> LostPacket? {
        if announced.isEmpty { return nil }
        let end = End(
            family: packet.family, transportProtocol: packet.transportProtocol, source: packet.source,
            destination: packet.destination, port: packet.destinationPort)
        return announced.first { $0.end == end }?.loss
    }

    /// - Parameter loss: nil if the packet got through.
    mutating func note(_ packet: Packet, _ bytes: RawSpan, _ loss: LostPacket?) {
        guard loss != nil || !announced.isEmpty, let end = AnnouncedConnections.end(packet, bytes) else {
            return
        }
        announced.removeAll { $0.end == end }
        guard let loss else { return }
        announced.append((end, loss))
        if announced.count > AnnouncedConnections.limit { announced.removeFirst() }
    }

    private static func end(_ packet: Packet, _ bytes: RawSpan) -> End? {
        if packet.transportProtocol == .udp, packet.destinationPort == 69 {
            return End(
                family: packet.family, transportProtocol: .udp, source: packet.destination,
                destination: packet.source, port: packet.sourcePort)
        }
        guard packet.transportProtocol == .tcp, packet.destinationPort == 21 || packet.sourcePort == 21,
            packet.flags.contains(.hasTransportHeader)
        else { return nil }
        let start = Int(packet.transportOffset) + Int(packet.tcpHeaderLength)
        let stop = min(Int(packet.transportOffset) + Int(packet.transportCaptured), bytes.byteCount)
        guard start < stop else { return nil }
        let line = (start..<min(stop, start + longestLine)).map { bytes.byte(at: $0) }
        let isReply = packet.sourcePort == 21
        guard let port = isReply ? passivePort(line) : activePort(line) else { return nil }
        // Where a reply announces a port, the client connects; where a command does, the server.
        return End(
            family: packet.family, transportProtocol: .tcp, source: packet.destination,
            destination: packet.source, port: port)
    }

    private static func passivePort(_ line: [UInt8]) -> UInt16? {
        if line.starts(with: Array("227".utf8)) { return listedPort(line.dropFirst(3)) }
        if line.starts(with: Array("229".utf8)) { return delimitedPort(line.dropFirst(3), field: 3) }
        return nil
    }

    private static func activePort(_ line: [UInt8]) -> UInt16? {
        let command = line.prefix(5).map { $0 & 0xdf }
        if command.starts(with: Array("PORT".utf8)) { return listedPort(line.dropFirst(4)) }
        if command.starts(with: Array("EPRT".utf8)) { return delimitedPort(line.dropFirst(4), field: 3) }
        return nil
    }

    /// Of `h1,h2,h3,h4,p1,p2`.
    private static func listedPort(_ text: ArraySlice<UInt8>) -> UInt16? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let first = text.firstIndex(where: digits.contains) else { return nil }
        let list = text[first...].prefix { digits.contains($0) || $0 == UInt8(ascii: ",") }
        let parts = list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt8(String(decoding: $0, as: UTF8.self)) }
        guard parts.count == 6, numbers.count == 6 else { return nil }
        return UInt16(numbers[4]) << 8 | UInt16(numbers[5])
    }

    /// Of `|1|address|port|`, with any delimiter.
    private static func delimitedPort(_ text: ArraySlice<UInt8>, field: Int) -> UInt16? {
        guard
            let open = text.firstIndex(where: {
                (33...126).contains($0) && $0 != UInt8(ascii: "(") && !isLetter($0)
            })
        else { return nil }
        let parts = text[open...].split(separator: text[open], omittingEmptySubsequences: false)
        guard parts.count > field else { return nil }
        return UInt16(String(decoding: parts[field], as: UTF8.self))
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xdf) }
}
