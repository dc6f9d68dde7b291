public import Packets

extension ConnectionTable {
    /// Gives a connection whose source port or identifier was drawn the one that the kernel drew, as its answers show.
    /// - Returns: its answers' tuple; nil if another connection has it, or the connection is gone.
    public mutating func redraw(
        _ port: UInt16, for tracking: Tracking, at now: Timestamp
    ) -> FlowTuple? {
        guard let entry = entry(of: tracking.handle), connections[entry].isConfirmed else { return nil }
        let old = connections[entry].reply
        var reply = old
        if old.transportProtocol == .icmp || old.transportProtocol == .icmpv6 {
            reply.sourcePort = port
        } else {
            reply.destinationPort = port
        }
        if !reply.matches(old) {
            let hash = reply.hash(seed: seed)
            if let other = index.find(reply, hash: hash, in: connections) {
                guard connections[other.entry].isExpired(at: now) else { return nil }
                remove(other.entry)
            }
            index.remove(TupleIndex.Reference(entry, .reply), hash: connections[entry].replyHash)
            connections[entry].reply = reply
            connections[entry].replyHash = hash
            index.insert(TupleIndex.Reference(entry, .reply), hash: hash)
        }
        connections[entry].certainty = .exact
        return reply
    }
}
