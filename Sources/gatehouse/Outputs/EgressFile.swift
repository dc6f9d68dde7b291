import Captures
import Engine
import Glibc
import Packets
import Replay

/// `--write-egress`: what leaves by an interface, as IP packets without link headers, whose addresses nobody knows. What is
/// too long for its way leaves in fragments.
struct EgressFile: ~Copyable {
    private var writer: CaptureWriter
    private var interfaces: [InterfaceID: Int] = [:]

    /// - Parameter path: `-` is standard output, which gets a pcap.
    init(path: String) throws {
        do {
            writer =
                path == "-"
                ? CaptureWriter(descriptor: STDOUT_FILENO, name: "standard output", format: .pcap)
                : try CaptureWriter(path: path)
        } catch {
            throw PacketFile.failure(error)
        }
    }

    /// Writes what the frame of a result became, and what the host sent because of it.
    mutating func write(_ result: PacketResult, _ session: borrowing ReplaySession) throws {
        if let packet = session.replayer.firewall.outcome, case .traversed(let traversal) = result.outcome {
            try write(packet, traversal, isOwn: false, result, session)
        }
        for copy in session.replayer.firewall.copies {
            guard let traversal = copy.traversal, traversal.verdict == .accept else { continue }
            try write(copy.bytes, traversal, isOwn: false, result, session)
        }
        if let answer = session.replayer.firewall.answer, let traversal = answer.traversal,
            traversal.verdict == .accept
        {
            try write(answer.translated, traversal, isOwn: true, result, session)
        }
    }

    private mutating func write(
        _ packet: [UInt8], _ traversal: TraversalResult, isOwn: Bool, _ result: PacketResult,
        _ session: borrowing ReplaySession
    ) throws {
        let out = traversal.outInterface
        let loopback = session.replayer.firewall.host.loopback
        guard traversal.path != .input, loopback == .none || out != loopback else { return }
        let emissions = session.replayer.firewall.emissions(of: packet, by: out, isOwn: isOwn)
        do throws(CaptureError) {
            if interfaces[out] == nil {
                let name = out == .none ? nil : session.interfaces.name(of: out)
                interfaces[out] = try writer.addInterface(CaptureInterface(name: name, linkType: .raw))
            }
            for emission in emissions {
                // Of a packet that the capture cut, the IP header knows the length.
                let length = EgressFile.length(of: emission)
                let frame = Frame(
                    timestamp: result.timestamp, originalLength: UInt32(max(length, emission.count)),
                    linkType: .raw)
                try writer.write(frame, emission.span.bytes, interface: interfaces[out, default: 0])
            }
        } catch {
            throw PacketFile.failure(error)
        }
    }

    private static func length(of packet: [UInt8]) -> Int {
        guard packet.count >= 6 else { return packet.count }
        let isIPv4 = packet[0] >> 4 == 4
        let field = isIPv4 ? 2 : 4
        return (Int(packet[field]) << 8 | Int(packet[field + 1])) + (isIPv4 ? 0 : 40)
    }

    consuming func close() throws {
        do {
            try writer.close()
        } catch {
            throw PacketFile.failure(error)
        }
    }
}
