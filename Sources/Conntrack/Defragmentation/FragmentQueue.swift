internal import Packets

/// What is held of one packet (`struct inet_frag_queue`, `net/ipv4/inet_fragment.c`).
struct FragmentQueue {
    private struct Chunk {
        var offset: Int
        var length: Int
        /// Fewer than `length` where the capture was cut.
        var bytes: [UInt8]
    }

    /// Stretches without a gap, in their order. The kernel joins a fragment to a stretch only at the very end.
    private var runs: [Range<Int>] = []
    private var chunks: [Chunk] = []
    /// Payload bytes that are held.
    private var held = 0
    /// The payload's length, as far as it is known.
    private(set) var length = 0
    private(set) var hasFirst = false
    private(set) var hasLast = false
    private var congestion: UInt8 = 0
    /// The largest fragment, as an IPv4 packet's length or an IPv6 packet's, and the largest with DF.
    private var largest = 0
    private var largestUnfragmentable = 0
    /// The first fragment's headers, and what its frame said.
    private var headers: [UInt8] = []
    private var metadata = PacketMetadata()
    /// See `Defragmenter.Peer`.
    var peerCount: UInt32 = 0
    /// Bytes of the kernel's memory that the fragments take.
    private(set) var memory = FragmentQueue.ownMemory
    private(set) var generation: UInt64

    static let ownMemory = 200

    init(generation: UInt64) { self.generation = generation }

    var isEmpty: Bool { chunks.isEmpty }
    var isComplete: Bool { hasFirst && hasLast && held == length }

    /// Starts over, with the timer (`ip_frag_reinit`).
    mutating func restart(generation: UInt64) {
        self.generation = generation
        runs = []
        chunks = []
        held = 0
        length = 0
        hasFirst = false
        hasLast = false
        congestion = 0
        memory = FragmentQueue.ownMemory
    }

    /// Takes note of where the packet ends; false if that contradicts what is known.
    mutating func noteEnd(_ fragment: Fragment) -> Bool {
        if fragment.isLast {
            guard fragment.end >= length, !hasLast || fragment.end == length else { return false }
            hasLast = true
            length = fragment.end
        } else if fragment.end > length {
            guard !hasLast else { return false }
            length = fragment.end
        }
        return true
    }

    /// `inet_frag_queue_insert`; nil if the fragment was taken.
    mutating func insert(
        _ fragment: Fragment, _ bytes: RawSpan, _ metadata: PacketMetadata, _ family: AddressFamily
    ) -> FragmentFault? {
        if let fault = place(fragment.offset..<fragment.end) { return fault }
        let size = fragment.end - fragment.offset
        let captured = max(0, min(size, bytes.byteCount - fragment.payload))
        chunks.append(
            Chunk(
                offset: fragment.offset, length: size,
                bytes: bytes.bytes(fragment.payload..<fragment.payload + captured)))
        held += size
        memory += FragmentQueue.memory(of: size + fragment.headersLength)
        congestion |= 1 << fragment.congestion
        let whole = size + fragment.headersLength + (family == .ipv6 ? 8 : 0)
        largest = max(largest, whole)
        if fragment.dontFragment { largestUnfragmentable = max(largestUnfragmentable, whole) }
        if fragment.offset == 0 {
            hasFirst = true
            headers = bytes.bytes(
                fragment.networkOffset..<fragment.networkOffset + fragment.headersLength)
            if family == .ipv6 { headers[fragment.nextHeaderOffset] = fragment.nextHeader }
            self.metadata = metadata
        }
        return nil
    }

    private mutating func place(_ range: Range<Int>) -> FragmentFault? {
        guard let last = runs.last else {
            runs.append(range)
            return nil
        }
        if last.upperBound < range.upperBound {
            if range.lowerBound < last.upperBound { return .overlap }
            if range.lowerBound == last.upperBound {
                runs[runs.count - 1] = last.lowerBound..<range.upperBound
            } else {
                runs.append(range)
            }
            return nil
        }
        // The first run that ends behind the fragment's beginning.
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        let next = runs[low]
        if range.upperBound <= next.lowerBound {
            runs.insert(range, at: low)
            return nil
        }
        return next.lowerBound <= range.lowerBound && range.upperBound <= next.upperBound
            ? .duplicate : .overlap
    }

    /// What a fragment of this length takes as a socket buffer (`skb->truesize`): the data with its room, to the next
    /// size that the allocator has, and the two structures around it. Measured over veth; drivers differ.
    private static func memory(of length: Int) -> Int {
        let needed = length + 384
        guard needed > 576 else { return 576 + 256 }
        var data = 1024
        while data < needed { data *= 2 }
        return data + 256
    }

    // MARK: The whole packet

    /// `ip_frag_reasm`, `nf_ct_frag6_reasm`
    func assemble(_ family: AddressFamily, completedBy last: PacketMetadata) throws(Incomplete) -> Datagram {
        guard let mark = FragmentQueue.congestionMark(congestion) else {
            throw Incomplete(fault: .mixedECN)
        }
        let total = headers.count + length
        guard total - (family == .ipv6 ? 40 : 0) <= 0xffff else { throw Incomplete(fault: .oversized) }

        var bytes = headers
        bytes.reserveCapacity(total)
        var whole = length
        let chunks = chunks.sorted { $0.offset < $1.offset }
        for chunk in chunks {
            if chunk.bytes.count < chunk.length { whole = min(whole, chunk.offset + chunk.bytes.count) }
            bytes += chunk.bytes
            bytes += repeatElement(0, count: chunk.length - chunk.bytes.count)
        }
        switch family {
        case .ipv4: finishIPv4(&bytes, total: total, mark)
        case .ipv6:
            bytes.set(UInt16(total - 40), at: 4)
            bytes[1] |= mark << 4
        }
        bytes.removeLast(length - whole)

        var datagram = Datagram(
            bytes: bytes, packet: Packet(family: family), metadata: metadata,
            fragments: UInt16(clamping: chunks.count), lengths: chunks.map(\.length))
        datagram.metadata.timestamp = last.timestamp
        datagram.metadata.inInterface = last.inInterface
        datagram.metadata.outInterface = last.outInterface
        datagram.metadata.largestFragment = UInt32(max(largest, largestUnfragmentable))
        let decoder = PacketDecoder(verifiesHeaderChecksum: false, checksAddressScope: false)
        let fault = decoder.decode(
            bytes.span.bytes, family: family, networkOffset: 0, originalLength: total, into: &datagram.packet)
        // Its first fragment was decoded with the same header.
        guard fault == nil else { throw Incomplete(fault: .truncated) }
        return datagram
    }

    struct Incomplete: Error {
        var fault: FragmentFault
    }

    private func finishIPv4(_ bytes: inout [UInt8], total: Int, _ mark: UInt8) {
        bytes[1] |= mark
        bytes.set(UInt16(total), at: 2)
        bytes.set(largestUnfragmentable == largest ? 0x4000 : 0, at: 6)
        bytes.set(0, at: 10)
        let sum = InternetChecksum.sum(bytes.span.bytes, from: 0, count: headers.count)
        bytes.set(~InternetChecksum.fold(sum), at: 10)
    }

    /// What is to be added to the packet's ECN bits; nil for a mixture that has to be dropped (`ip_frag_ecn_table`).
    /// - Parameter seen: a bit for each value of the ECN field.
    private static func congestionMark(_ seen: UInt8) -> UInt8? {
        let (notCapable, others) = (seen & 1, seen & ~1)
        if notCapable != 0 { return others == 0 ? 0 : nil }
        return seen & 8 != 0 && seen != 8 ? 3 : 0
    }
}

extension RawSpan {
    fileprivate func bytes(_ range: Range<Int>) -> [UInt8] {
        extracting(range).withUnsafeBytes { Array($0) }
    }
}
