internal import Packets

/// IPv4 options in which a router leaves its mark (RFC 791, 3.1): record route and timestamp.
///
/// Before INPUT or FORWARD the kernel writes the address that it would answer from (`__ip_options_compile`); behind
/// FORWARD, of a recorded route, that of the way out (`ip_forward_options`).
extension HookTraversal {
    mutating func recordPassage(
        _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall
    ) {
        guard packet.family == .ipv4, packet.flags.contains(.hasOptions) else { return }
        let address =
            firewall.host.isLocal(packet.destinationAddress)
            ? packet.destination
            : firewall.host.ipv4Source(to: packet.source, mark: 0, through: metadata.inInterface)
        var record = withCurrentFrame(firewall.rewritten, bytes) { RouteRecord(packet, $0) }
        let named = record.prescribedAddress
        let isForeign = named.map { firewall.host.addressType(of: .v4($0)) == .unicast } ?? false
        record.passage(by: address, at: metadata.timestamp, isForeign: isForeign)
        if record.isChanged { firewall.rewritten = record.completed() }
    }

    mutating func recordWayOut(
        _ packet: Packet, _ metadata: PacketMetadata, _ bytes: RawSpan, _ firewall: inout Firewall
    ) {
        guard packet.family == .ipv4, packet.flags.contains(.hasOptions) else { return }
        let address = firewall.host.ipv4Source(
            to: packet.destination, mark: metadata.mark, through: metadata.outInterface)
        var record = withCurrentFrame(firewall.rewritten, bytes) { RouteRecord(packet, $0) }
        record.wayOut(by: address)
        if record.isChanged { firewall.rewritten = record.completed() }
    }
}

/// The options of an IPv4 header, to be written in. They were found sound before.
private struct RouteRecord {
    private let start: Int
    private let end: Int
    private var bytes: [UInt8]
    private(set) var isChanged = false

    init(_ packet: Packet, _ frame: RawSpan) {
        start = Int(packet.networkOffset)
        end = min(Int(packet.transportOffset), frame.byteCount)
        bytes = frame.withUnsafeBytes { Array($0) }
    }

    /// Whose time a timestamp option asks for next, if it says so.
    var prescribedAddress: UInt32? {
        for (offset, length) in options where bytes[offset] == 68 && length >= 4 {
            let pointer = Int(bytes[offset + 2])
            guard bytes[offset + 3] & 0xf == 3, pointer >= 5, pointer + 7 <= length else { return nil }
            return bytes.span.bytes.uint32(at: offset + pointer - 1)
        }
        return nil
    }

    /// - Parameter isForeign: whether `prescribedAddress` is another host's.
    mutating func passage(by address: UInt128?, at now: Timestamp, isForeign: Bool) {
        for (offset, length) in options {
            let pointer = Int(bytes[offset + 2])
            switch bytes[offset] {
            case 7 where length >= 3 && pointer >= 4 && pointer + 3 <= length:
                write(address, at: offset + pointer - 1)
                set(UInt8(pointer + 4), at: offset + 2)
            case 68 where length >= 4 && pointer >= 5:
                stamp(offset, length, pointer, address, now, isForeign)
            default: break
            }
        }
    }

    private mutating func stamp(
        _ offset: Int, _ length: Int, _ pointer: Int, _ address: UInt128?, _ now: Timestamp,
        _ isForeign: Bool
    ) {
        let place = offset + pointer - 1
        let flags = bytes[offset + 3]
        guard pointer <= length else {
            if flags & 0xf != 3 { set(flags & 0xf | (flags >> 4 &+ 1) << 4, at: offset + 3) }
            return
        }
        switch flags & 0xf {
        case 0 where pointer + 3 <= length:
            write(RouteRecord.milliseconds(now), at: place)
            set(UInt8(pointer + 4), at: offset + 2)
        case 1 where pointer + 7 <= length:
            write(address, at: place)
            write(RouteRecord.milliseconds(now), at: place + 4)
            set(UInt8(pointer + 8), at: offset + 2)
        case 3 where pointer + 7 <= length:
            guard !isForeign else { return }
            write(RouteRecord.milliseconds(now), at: place + 4)
            set(UInt8(pointer + 8), at: offset + 2)
        default: break
        }
    }

    mutating func wayOut(by address: UInt128?) {
        for (offset, length) in options where bytes[offset] == 7 {
            let pointer = Int(bytes[offset + 2])
            guard length >= 7, pointer >= 8, pointer <= length + 1 else { continue }
            write(address, at: offset + pointer - 5)
        }
    }

    /// Those with a length of at least 3.
    private var options: [(offset: Int, length: Int)] {
        var found: [(Int, Int)] = []
        var offset = start + 20
        while offset < end, bytes[offset] != 0 {
            guard bytes[offset] != 1 else {
                offset += 1
                continue
            }
            guard offset + 1 < end else { break }
            let length = Int(bytes[offset + 1])
            guard length >= 2, offset + length <= end else { break }
            if length >= 3 { found.append((offset, length)) }
            offset += length
        }
        return found
    }

    private mutating func set(_ byte: UInt8, at offset: Int) {
        bytes[offset] = byte
        isChanged = true
    }

    private mutating func write(_ number: UInt128?, at offset: Int) {
        for index in 0..<4 {
            set(UInt8(truncatingIfNeeded: (number ?? 0) >> UInt128(8 * (3 - index))), at: offset + index)
        }
    }

    /// Since midnight (`inet_current_timestamp`).
    private static func milliseconds(_ now: Timestamp) -> UInt128 {
        let day: Int64 = 86_400_000
        let milliseconds = now.nanoseconds / 1_000_000 % day
        return UInt128(milliseconds < 0 ? milliseconds + day : milliseconds)
    }

    func completed() -> [UInt8] {
        var bytes = bytes
        bytes.set(0, at: start + 10)
        bytes.set(
            ~InternetChecksum.fold(InternetChecksum.sum(bytes.span.bytes, from: start, count: end - start)),
            at: start + 10)
        return bytes
    }
}
