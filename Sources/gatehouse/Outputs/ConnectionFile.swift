import Captures
import Gateway
import Glibc
import Packets

/// A capture file of connections that were made up: Ethernet, one interface.
struct ConnectionFile: ~Copyable {
    private var writer: CaptureWriter
    private let interface: Int

    /// - Parameter path: `-` is standard output, which gets a pcap.
    init(path: String, interface name: String) throws {
        do {
            var writer =
                path == "-"
                ? CaptureWriter(descriptor: STDOUT_FILENO, name: "standard output", format: .pcap)
                : try CaptureWriter(path: path)
            interface = try writer.addInterface(CaptureInterface(name: name, linkType: .ethernet))
            self.writer = writer
        } catch {
            throw PacketFile.failure(error)
        }
    }

    mutating func write(_ frames: [LoggedFrame]) throws {
        do throws(CaptureError) {
            for frame in frames {
                let header = Frame(
                    timestamp: frame.time, originalLength: UInt32(frame.bytes.count), linkType: .ethernet)
                try writer.write(header, frame.bytes.span.bytes, interface: interface)
            }
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
