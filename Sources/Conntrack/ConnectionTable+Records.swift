public import Packets

extension ConnectionTable: ConnectionRecords {
    public func tuple(of packet: Packet, _ bytes: RawSpan) -> FlowTuple? {
        guard !packet.isLaterFragment, let tuple = try? FlowTuple(of: packet, bytes: bytes) else {
            return nil
        }
        return completed(tuple, TransportBytes(of: packet), bytes)
    }

    public func standing(of tuple: FlowTuple, at now: Timestamp) -> ConnectionStanding? {
        guard let place = index.find(tuple, hash: tuple.hash(seed: seed), in: connections),
            !connections[place.entry].isExpired(at: now)
        else { return nil }
        let connection = connections[place.entry]
        let isClosed =
            connection.original.transportProtocol == .tcp
            && (connection.tcp.state == .timeWait || connection.tcp.state == .close)
        return ConnectionStanding(status: connection.status, isClosed: isClosed)
    }

    public func labels(of connection: FlowHandle) -> UInt128 {
        if let entry = entry(of: connection) { return connections[entry].labels }
        return ended?.handle == connection ? ended?.labels ?? 0 : 0
    }

    public mutating func setLabel(_ label: Int, of connection: FlowHandle) {
        if let entry = entry(of: connection) {
            connections[entry].labels |= 1 << UInt128(label)
        } else if ended?.handle == connection {
            ended?.labels |= 1 << UInt128(label)
        }
    }
}
