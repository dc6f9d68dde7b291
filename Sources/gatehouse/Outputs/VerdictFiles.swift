import Engine
import Packets
import Replay

/// `--write-accepted` and `--write-dropped`. Fragments that reassembly holds go where their packet goes, once that is
/// known; those of a packet that never gets whole count as dropped.
struct VerdictFiles: ~Copyable {
    /// What the fragments of one packet share.
    private struct Key: Hashable {
        var source: UInt128
        var destination: UInt128
        var identification: UInt32
        var family: AddressFamily

        init(_ packet: Packet) {
            source = packet.source
            destination = packet.destination
            identification = packet.identification
            family = packet.family
        }
    }

    private struct Fragment {
        var item: CaptureStream.Item
        var bytes: [UInt8]
    }

    /// As much as reassembly itself holds for the two families, by the kernel's defaults.
    private static let limit = 8 << 20

    private var accepted: PacketFile?
    private var dropped: PacketFile?
    private var held: [Key: [Fragment]] = [:]
    private var heldBytes = 0

    init(accepted: String?, dropped: String?) throws {
        self.accepted = try accepted.map { try PacketFile(path: $0) }
        self.dropped = try dropped.map { try PacketFile(path: $0) }
    }

    mutating func write(_ result: PacketResult, _ item: CaptureStream.Item, _ bytes: RawSpan) throws {
        guard case .traversed(let traversal) = result.outcome else { return }
        if traversal.verdict == .stolen, traversal.fragmentFault == nil {
            try hold(result.packet, item, bytes)
            return
        }
        let isAccepted = traversal.verdict == .accept
        if traversal.fragments > 0 { try release(Key(result.packet), isAccepted: isAccepted) }
        if isAccepted {
            try accepted?.write(item, bytes)
        } else {
            try dropped?.write(item, bytes)
        }
    }

    private mutating func hold(_ packet: Packet, _ item: CaptureStream.Item, _ bytes: RawSpan) throws {
        if heldBytes + bytes.byteCount > VerdictFiles.limit { try releaseAll() }
        heldBytes += bytes.byteCount
        held[Key(packet), default: []].append(
            Fragment(item: item, bytes: bytes.withUnsafeBytes { Array($0) }))
    }

    private mutating func release(_ key: Key, isAccepted: Bool) throws {
        for fragment in held.removeValue(forKey: key) ?? [] {
            heldBytes -= fragment.bytes.count
            if isAccepted {
                try accepted?.write(fragment.item, fragment.bytes.span.bytes)
            } else {
                try dropped?.write(fragment.item, fragment.bytes.span.bytes)
            }
        }
    }

    /// In the order of the frames, whatever that of the dictionary is.
    private mutating func releaseAll() throws {
        let keys = held.sorted {
            let (a, b) = ($0.value[0].item, $1.value[0].item)
            return (a.frame.timestamp, a.capture, a.number) < (b.frame.timestamp, b.capture, b.number)
        }.map(\.key)
        for key in keys { try release(key, isAccepted: false) }
    }

    consuming func close() throws {
        try releaseAll()
        try accepted.take()?.close()
        try dropped.take()?.close()
    }
}
