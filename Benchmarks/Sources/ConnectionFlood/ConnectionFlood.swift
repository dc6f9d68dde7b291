import Glibc

/// Writes a capture of as many one-packet connections as it is told to standard output, a microsecond apart, without
/// ever holding more than a buffer of it: what a flood does to the memory of who replays it.
@main
struct ConnectionFlood {
    static func main() {
        guard CommandLine.arguments.count == 2, let count = UInt32(CommandLine.arguments[1]) else {
            let usage = Array("usage: ConnectionFlood CONNECTIONS > capture.pcap\n".utf8)
            _ = usage.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            exit(2)
        }
        var buffer: [UInt8] = []
        buffer.reserveCapacity((1 << 20) + 64)
        // Microseconds, raw IP (LINKTYPE_RAW).
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 101] as [UInt32] { little(word, &buffer) }
        for number in 0..<count {
            little(1_700_000_000 + number / 1_000_000, &buffer)
            little(number % 1_000_000, &buffer)
            little(28, &buffer)
            little(28, &buffer)
            appendPacket(number, &buffer)
            if buffer.count >= 1 << 20 { flush(&buffer) }
        }
        flush(&buffer)
    }

    /// UDP from one of 60,000 ports of an address in 10.0.0.0/8 to 192.0.2.1:53, without data and without a UDP checksum.
    private static func appendPacket(_ number: UInt32, _ buffer: inout [UInt8]) {
        var header: [UInt16] = [0x4500, 28, UInt16(truncatingIfNeeded: number), 0, 0x4011, 0]
        let source = 0x0a00_0002 + number / 60_000
        header += [UInt16(source >> 16), UInt16(truncatingIfNeeded: source), 0xc000, 0x0201]
        let sum = header.reduce(UInt32(0)) { $0 + UInt32($1) }
        let folded = (sum & 0xffff) + sum >> 16
        header[5] = ~UInt16(truncatingIfNeeded: (folded & 0xffff) + folded >> 16)
        for word in header + [UInt16(1 + number % 60_000), 53, 8, 0] {
            buffer.append(UInt8(word >> 8))
            buffer.append(UInt8(truncatingIfNeeded: word))
        }
    }

    private static func little(_ word: UInt32, _ buffer: inout [UInt8]) {
        for shift in [0, 8, 16, 24] as [UInt32] { buffer.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    private static func flush(_ buffer: inout [UInt8]) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard written > 0 else { exit(3) }
            rest = rest.dropFirst(written)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
