public import Packets

/// Puts fragments together, as connection tracking does ahead of every table, and the IPv4 host before INPUT
/// (`net/ipv4/ip_fragment.c`, `net/ipv6/netfilter/nf_conntrack_reasm.c`).
///
/// An overlapping fragment destroys what is held of its packet (RFC 5722), a duplicate is ignored. What isn't
/// complete in time is forgotten; memory is bounded as in the kernel. The ICMP error that the kernel sends when
/// reassembly times out isn't made.
public struct Defragmenter: Sendable {
    /// Of a source that has fragments held: how many have come from it, to tell those that come too late
    /// (`inet_peer.rid`).
    private struct Peer {
        var queues = 0
        var count: UInt32 = 0
    }

    private struct Deadline {
        var time: Timestamp
        var key: Fragment.Key
        var generation: UInt64
    }

    private let family: AddressFamily
    private let timeout: UInt32
    private let memoryLimit: UInt64
    private let maximumDistance: UInt32
    private var queues: [Fragment.Key: FragmentQueue] = [:]
    private var peers: [UInt128: Peer] = [:]
    /// In the order of time, as all queues live equally long; what was completed meanwhile is still there.
    private var deadlines: [Deadline] = []
    private var firstDeadline = 0
    private var generation: UInt64 = 0
    private var memory = 0

    public init(_ family: AddressFamily, settings: FragmentSettings = FragmentSettings()) {
        self.family = family
        timeout = family == .ipv4 ? settings.ipv4Timeout : settings.ipv6Timeout
        memoryLimit = family == .ipv4 ? settings.ipv4MemoryLimit : settings.ipv6MemoryLimit
        maximumDistance = family == .ipv4 ? settings.ipv4MaximumDistance : 0
    }

    /// How many packets wait for fragments.
    public var count: Int { queues.count }

    /// Whether `add` has to see a packet. (A broken IPv6 header chain may hide a fragment header.)
    @inlinable public static func concerns(_ packet: Packet) -> Bool {
        packet.family == .ipv4
            ? packet.isFragment
            : !packet.flags.isDisjoint(with: [.hasFragmentHeader, .brokenHeaderChain])
    }

    /// Takes a packet that `concerns` the defragmenter.
    /// - Parameters:
    ///   - packet: of the defragmenter's family, decoded from `bytes`.
    ///   - metadata: its `timestamp` is the time.
    public mutating func add(
        _ packet: Packet, _ metadata: PacketMetadata, bytes: RawSpan, user: FragmentUser
    ) -> FragmentFate {
        precondition(packet.family == family)
        var fragment: Fragment
        switch family {
        case .ipv4: fragment = Fragment(ipv4: packet, user)
        case .ipv6:
            switch IPv6Fragment(packet, metadata, bytes, user) {
            case .none: return .passed
            case .truncated: return .discarded(.truncated)
            case .fragment(let found): fragment = found
            }
        }
        expire(at: metadata.timestamp)
        guard memoryLimit > 0, memory <= memoryLimit else { return .discarded(.outOfMemory) }
        var queue = take(fragment.key, metadata.timestamp)
        let fate =
            family == .ipv4
            ? queueIPv4(&fragment, &queue, metadata, bytes) : queueIPv6(fragment, &queue, metadata, bytes)
        switch fate {
        case .kept(let fate):
            put(queue, fragment.key)
            return fate
        case .killed(let fate):
            forget(fragment.key)
            return fate
        }
    }

    // MARK: The two protocols

    private enum QueueFate {
        case kept(FragmentFate)
        case killed(FragmentFate)
    }

    /// `ip_frag_queue`
    private mutating func queueIPv4(
        _ fragment: inout Fragment, _ queue: inout FragmentQueue, _ metadata: PacketMetadata, _ bytes: RawSpan
    ) -> QueueFate {
        if isTooFar(fragment.key.source, &queue) {
            queue.restart(generation: startTimer(fragment.key, metadata.timestamp))
        }
        if !fragment.isLast { fragment.end &= ~7 }
        guard queue.noteEnd(fragment) else { return .killed(.discarded(.conflictingEnd)) }
        guard fragment.end > fragment.offset else { return .killed(.discarded(.empty)) }
        switch queue.insert(fragment, bytes, metadata, .ipv4) {
        case .duplicate: return .kept(.discarded(.duplicate))
        case .some(let fault): return .killed(.discarded(fault))
        case nil: return finish(queue, fragment, metadata)
        }
    }

    /// `nf_ct_frag6_queue`
    private mutating func queueIPv6(
        _ fragment: Fragment, _ queue: inout FragmentQueue, _ metadata: PacketMetadata, _ bytes: RawSpan
    ) -> QueueFate {
        guard fragment.end <= 0xffff else { return .kept(.discarded(.oversized)) }
        if !fragment.isLast, fragment.end & 7 != 0 { return .killed(.passed) }
        guard queue.noteEnd(fragment) else { return .kept(.discarded(.conflictingEnd)) }
        guard fragment.end > fragment.offset else { return .kept(.discarded(.empty)) }
        switch queue.insert(fragment, bytes, metadata, .ipv6) {
        case .duplicate: return .kept(.discarded(.duplicate))
        case .some(let fault): return .killed(.discarded(fault))
        case nil: return finish(queue, fragment, metadata)
        }
    }

    private func finish(
        _ queue: FragmentQueue, _ last: Fragment, _ metadata: PacketMetadata
    ) -> QueueFate {
        guard queue.isComplete else { return .kept(.held) }
        do throws(FragmentQueue.Incomplete) {
            var datagram = try queue.assemble(family, completedBy: metadata)
            // In IPv6 it went with the fragment header.
            datagram.packet.identification = last.key.identification
            return .killed(.completed(datagram))
        } catch {
            return .killed(.discarded(error.fault))
        }
    }

    // MARK: Queues

    private mutating func take(_ key: Fragment.Key, _ now: Timestamp) -> FragmentQueue {
        if let index = queues.index(forKey: key) {
            let queue = queues.remove(at: index).value
            memory -= queue.memory
            return queue
        }
        if maximumDistance > 0 { peers[key.source, default: Peer()].queues += 1 }
        return FragmentQueue(generation: startTimer(key, now))
    }

    private mutating func startTimer(_ key: Fragment.Key, _ now: Timestamp) -> UInt64 {
        // Those of packets that were completed would stay as long as the oldest queue.
        if deadlines.count - firstDeadline > 2 * queues.count + 1024 {
            deadlines.removeAll { queues[$0.key]?.generation != $0.generation }
            firstDeadline = 0
        }
        generation += 1
        deadlines.append(
            Deadline(time: now.advanced(bySeconds: timeout), key: key, generation: generation))
        return generation
    }

    private mutating func put(_ queue: FragmentQueue, _ key: Fragment.Key) {
        memory += queue.memory
        queues[key] = queue
    }

    private mutating func forget(_ key: Fragment.Key) {
        guard maximumDistance > 0, let peer = peers[key.source] else { return }
        peers[key.source] = peer.queues > 1 ? Peer(queues: peer.queues - 1, count: peer.count) : nil
    }

    /// Whether too many other fragments of the source came in between (`ip_frag_too_far`).
    private mutating func isTooFar(_ source: UInt128, _ queue: inout FragmentQueue) -> Bool {
        guard maximumDistance > 0, var peer = peers[source] else { return false }
        peer.count &+= 1
        peers[source] = peer
        let distance = peer.count &- queue.peerCount
        queue.peerCount = peer.count
        return !queue.isEmpty && distance > maximumDistance
    }

    private mutating func expire(at now: Timestamp) {
        while firstDeadline < deadlines.count {
            let deadline = deadlines[firstDeadline]
            let queue = queues[deadline.key]
            let isStale = queue?.generation != deadline.generation
            guard isStale || deadline.time <= now else { break }
            if let queue, !isStale {
                queues[deadline.key] = nil
                memory -= queue.memory
                forget(deadline.key)
            }
            firstDeadline += 1
        }
        if firstDeadline > 1024, firstDeadline * 2 > deadlines.count {
            deadlines.removeFirst(firstDeadline)
            firstDeadline = 0
        }
    }
}
