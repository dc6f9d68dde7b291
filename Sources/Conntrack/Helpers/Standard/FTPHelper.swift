internal import Packets

/// FTP (`nf_conntrack_ftp.c`, with its parameter `loose` at 0): data connections that PORT, EPRT and the answers to PASV and
/// EPSV announce.
///
/// A line is read only where the packet before it in its direction ended in a newline; one that begins right and can't be
/// read is dropped, so that its sender sends it again in one piece.
enum FTPHelper: ConnectionHelper {
    static let name = HelperName.ftp
    static let policies = [ExpectationPolicy(maximum: 1, timeout: 5 * 60)]

    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict {
        let payload = packet.payload
        guard packet.state == .established, let last = payload.last else { return .accept }
        let sequence = packet.packet.tcpSequence
        let verdict = read(&packet, &table)
        // In the numbers of the sender, which the packet's aren't any more when it was changed.
        if verdict != .unread, last == UInt8(ascii: "\n") {
            let next = sequence &+ UInt32(truncatingIfNeeded: payload.count)
            var memory = memory(of: packet.entry, table)
            memory[packet.direction].note(next)
            table.remember(.ftp(memory), of: packet.entry)
        }
        return verdict == .accept ? .accept : .drop
    }

    private enum Reading {
        case accept
        /// Dropped, and yet its end counts as a line's.
        case refused
        /// Dropped, as if it had never come.
        case unread
    }

    private static func read(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> Reading {
        let memory = memory(of: packet.entry, table)
        guard memory[packet.direction].contains(packet.packet.tcpSequence) else { return .accept }
        let connection = table.connections[packet.entry]
        let finding: FTPGrammar.Finding
        switch FTPGrammar.read(packet.payload, packet.direction, connection.original.family) {
        case .none: return .accept
        case .partial: return .unread
        case .found(let found): finding = found
        }
        let opposite = connection[packet.direction.opposite]
        // Nobody opens ways to others than himself.
        if let address = finding.address, address != connection[packet.direction].source { return .accept }
        let expectation = table.expectation(
            from: opposite.source, nil, to: opposite.destination, finding.port, .tcp, of: packet.entry)
        if table.isTranslated(packet.entry) {
            return translate(finding, expectation, &packet, &table) ? .accept : .refused
        }
        let isMade = (try? table.expect(expectation, at: packet.now)) != nil
        return isMade ? .accept : .refused
    }

    private static func memory(of entry: Int, _ table: borrowing ConnectionTable) -> FTPMemory {
        if case .ftp(let memory) = table.memory(of: entry) { memory } else { FTPMemory() }
    }
}

/// Where lines begin (`struct nf_ct_ftp_master`).
struct FTPMemory: BitwiseCopyable {
    /// The sequence numbers behind the latest newlines of one direction, at most two.
    struct Lines: BitwiseCopyable {
        private var first: UInt32?
        private var second: UInt32?

        func contains(_ sequence: UInt32) -> Bool { first == sequence || second == sequence }

        /// `update_nl_seq`: an old number makes room for one behind it.
        mutating func note(_ sequence: UInt32) {
            guard !contains(sequence) else { return }
            guard let first else {
                self.first = sequence
                return
            }
            guard let second else {
                self.second = sequence
                return
            }
            if first.isBefore(second) {
                if sequence.isAfter(first) { self.first = sequence }
            } else if sequence.isAfter(second) {
                self.second = sequence
            }
        }
    }

    private var original = Lines()
    private var reply = Lines()

    subscript(direction: Direction) -> Lines {
        get { direction == .original ? original : reply }
        set { if direction == .original { original = newValue } else { reply = newValue } }
    }
}
