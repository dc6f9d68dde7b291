internal import Packets

/// A packet as a helper gets it: behind all tables, translated.
struct HelpedPacket {
    private var editor: PayloadEditor
    /// Whether anything was changed.
    private(set) var isChanged = false
    /// Its connection.
    let entry: Int
    let direction: Direction
    /// As rules saw it.
    let state: ConnectionState
    let now: Timestamp
    /// The mask of the network to whose broadcast address the host itself sends the packet; nil for any other packet.
    let broadcastMask: UInt128?

    init(
        _ packet: Packet, _ frame: RawSpan, entry: Int, direction: Direction, state: ConnectionState,
        broadcastMask: UInt128?, at now: Timestamp
    ) {
        editor = PayloadEditor(packet, frame)
        self.entry = entry
        self.direction = direction
        self.state = state
        self.now = now
        self.broadcastMask = broadcastMask
    }

    /// Decoded, as it is by now.
    var packet: Packet { editor.packet }
    /// The frame, as it is by now.
    var bytes: [UInt8] { editor.bytes }
    /// What is behind the TCP or UDP header, by the IP header's word; empty for other packets.
    var payload: ArraySlice<UInt8> { editor.payload }

    /// Puts other bytes in the place of some of the payload's. Helpers use `ConnectionTable.replace`.
    mutating func replace(_ range: Range<Int>, with new: [UInt8]) -> Bool {
        guard editor.replace(range, with: new) else { return false }
        isChanged = true
        return true
    }

    /// Has the packet go to another port of its destination.
    mutating func setDestinationPort(_ port: UInt16) {
        var moved = packet
        moved.destinationPort = port
        let frame = PacketRewriter.frame(of: moved, nil, from: bytes.span.bytes)
        editor = PayloadEditor(moved, frame.span.bytes)
        isChanged = true
    }

    /// Moves the numbers of a TCP segment (`nf_ct_seq_adjust`).
    /// - Returns: false for options that make no sense, which end the packet.
    mutating func adjust(_ adjustment: SequenceAdjustment) -> Bool {
        guard packet.transportProtocol == .tcp, packet.flags.contains(.hasTransportHeader) else {
            return true
        }
        var header = TCPHeaderEditor(packet, bytes.span.bytes)
        let sequence = packet.tcpSequence &+ adjustment[direction].offset(of: packet.tcpSequence)
        let way = adjustment[direction.opposite]
        let outcome = header.moveNumbers(sequence: sequence) { number in
            number &- way.offset(ofAcknowledgement: number)
        }
        editor = PayloadEditor(header.packet, header.bytes.span.bytes)
        isChanged = true
        return outcome == .done
    }
}
