import Captures
import Engine
import Glibc
import Packets
import Replay

/// `--write-egress`: what leaves by an interface, as IP packets without link headers, whose addresses nobody knows. Packets
/// that are too long for their way are written whole.
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

    /// Writes what the frame of a result became, and what the host answered to it.
    mutating func write(_ result: PacketResult, _ session: borrowing ReplaySession) throws {

        if let packet = session.replayer.firewall.outcome, case .traversed(let traversal) = result.outcome {
            try write(packet, traversal, result, session)
        }
        if let answer = session.replayer.firewall.answer, let traversal = answer.traversal,
            traversal.verdict == .accept
        {
            try write(answer.translated, traversal, result, session)
        }
    }

    private mutating func write(
        _ packet: [UInt8], _ traversal: TraversalResult, _ result: PacketResult,
        _ session: borrowing ReplaySession
    ) throws {
        let out = traversal.outInterface
        let loopback = session.replayer.firewall.host.loopback
        guard traversal.path != .input, loopback == .none || out != loopback else { return }
        let length = result.packet.totalLength
        let frame = Frame(
            timestamp: result.timestamp, originalLength: max(length, UInt32(packet.count)), linkType: .raw)
        do throws(CaptureError) {
            if interfaces[out] == nil {
                let name = out == .none ? nil : session.interfaces.name(of: out)
                interfaces[out] = try writer.addInterface(CaptureInterface(name: name, linkType: .raw))
            }
            try writer.write(frame, packet.span.bytes, interface: interfaces[out, default: 0])
        } catch {
            throw PacketFile.failure(error)
        }
    }

    consuming func close() throws {
        do {
            try writer.close()
        } catch {
            throw PacketFile.failure(error)
        }
    }
}
