import CLibFuzzer
import Conntrack
import Glibc
import Packets

@main
enum FuzzPackets {
    static func main() {
        var count = CommandLine.argc
        var arguments = Optional(CommandLine.unsafeArgv)
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                start.map { fuzzPackets($0, count) } ?? 0
            })
    }
}

/// Frames of every link type: decoding, checksums, options and connection tracking end, and stay inside the bytes.
private func fuzzPackets(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 2 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let linkTypes: [LinkType] = [
        .ethernet, .linuxSLL, .linuxSLL2, .raw, .ipv4, .ipv6, .null, .loop, .ppp, .pppHDLC, .pppEther,
        .ciscoHDLC,
        .ieee80211, .radiotap, .prism, .avs, .nflog,
    ]
    let frameBytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2))
    let frame = Frame(
        timestamp: Timestamp(nanoseconds: Int64(bytes[1]) << 32), originalLength: UInt32(frameBytes.count),
        linkType: linkTypes[Int(bytes[0]) % linkTypes.count])
    var link = LinkHeader()
    var packet = Packet(family: .ipv4)
    let decoder = PacketDecoder(
        verifiesHeaderChecksum: bytes[1] & 1 == 0, checksAddressScope: bytes[1] & 2 == 0)
    guard case .packet = decoder.decode(frame, frameBytes.bytes, link: &link, packet: &packet) else {
        return 0
    }
    _ = packet.verifyTransportChecksum(frameBytes.bytes)
    _ = packet.tcpOptions(frameBytes.bytes)
    let words = PacketDescription(packet).description
    do {
        _ = try PacketDescription(parsing: words)
    } catch {
        // A fragment header may be cut, which words can't say.
        guard packet.isFragment else { fatalError("\(words) can't be read back: \(error.message)") }
    }
    var table = ConnectionTable()
    for _ in 0..<2 {
        let tracking = table.track(
            packet, bytes: frameBytes.bytes, checksum: .good, hook: .prerouting, at: frame.timestamp)
        _ = table.confirm(tracking)
    }
    return 0
}
