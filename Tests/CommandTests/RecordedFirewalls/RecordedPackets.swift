import Foundation

/// The IP packets of a little-endian pcap of Ethernet or raw IP.
struct RecordedPacket: Hashable {
    var bytes: [UInt8]

    static func read(_ file: URL) throws -> [RecordedPacket] {
        let bytes = try [UInt8](Data(contentsOf: file))
        func number(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
        let header = number(20) == 1 ? 14 : 0
        var packets: [RecordedPacket] = []
        var offset = 24
        while offset + 16 <= bytes.count {
            let start = offset + 16 + header
            let end = offset + 16 + number(offset + 8)
            let type = header == 0 ? 0 : Int(bytes[start - 2]) << 8 | Int(bytes[start - 1])
            if [0, 0x0800, 0x86dd].contains(type), start + 20 <= end {
                let isIPv4 = bytes[start] >> 4 == 4
                let field = Int(bytes[start + (isIPv4 ? 2 : 4)]) << 8 | Int(bytes[start + (isIPv4 ? 3 : 5)])
                let length = min(field + (isIPv4 ? 0 : 40), end - start)
                packets.append(RecordedPacket(bytes: Array(bytes[start..<start + length])))
            }
            offset = end
        }
        return packets
    }

    private var isIPv4: Bool { bytes[0] >> 4 == 4 }
    private var transportOffset: Int { isIPv4 ? Int(bytes[0] & 0xf) * 4 : 40 }
    private var transport: UInt8 { isIPv4 ? bytes[9] : bytes[6] }

    /// Neighbour discovery and MLD, of which a firewall's own part isn't simulated.
    var isNeighbourDiscovery: Bool {
        guard !isIPv4 else { return false }
        if bytes[6] == 58, bytes.count > 40 { return (130...137).contains(bytes[40]) }
        return bytes[6] == 0 && bytes[40] == 58 && bytes.count > 48
            && [130, 131, 132, 143].contains(bytes[48])
    }

    var source: String {
        isIPv4
            ? bytes[12..<16].map(String.init).joined(separator: ".")
            : RecordedPacket.text(bytes[8..<24])
    }

    static func text(_ address: ArraySlice<UInt8>) -> String {
        address.map { String(format: "%02x", $0) }.joined()
    }

    /// The end of a flow that the packet comes from: of TCP and UDP, address and port.
    var sourceEnd: String {
        let at = transportOffset
        guard transport == 6 || transport == 17, bytes.count >= at + 4 else { return source }
        return "\(source):\(Int(bytes[at]) << 8 | Int(bytes[at + 1]))"
    }

    /// Whether a daemon of the firewall sent it: an IPv4 or IPv6 packet of its own that is neither ICMP nor a reset.
    func isOfDaemon(own: Set<String>) -> Bool {
        guard own.contains(source), transport == 6 || transport == 17 else { return false }
        return transport == 17 || !isReset
    }

    private var isReset: Bool {
        let isLaterFragment = isIPv4 && (bytes[6] & 0x1f != 0 || bytes[7] != 0)
        let at = transportOffset + 13
        return transport == 6 && !isLaterFragment && at < bytes.count && bytes[at] & 4 != 0
    }

    /// Without what the kernel draws: identifications of its own packets and of IPv6 fragments, its own flow labels.
    func withoutLots(own: Set<String>) -> RecordedPacket {
        var packet = self
        if own.contains(source) || isIPv4 && isReset {
            if isIPv4 {
                for offset in [4, 5, 10, 11] { packet.bytes[offset] = 0 }
            } else {
                packet.bytes[1] &= 0xf0
                packet.bytes[2] = 0
                packet.bytes[3] = 0
            }
        }
        if !isIPv4, bytes[6] == 44, bytes.count >= 48 { for offset in 44..<48 { packet.bytes[offset] = 0 } }
        return packet
    }

    var words: String {
        let destination =
            isIPv4
            ? bytes[16..<20].map(String.init).joined(separator: ".") : RecordedPacket.text(bytes[24..<40])
        return "protocol \(transport), \(sourceEnd) > \(destination), \(bytes.count) bytes: "
            + bytes.map { String(format: "%02x", $0) }.joined()
    }
}
