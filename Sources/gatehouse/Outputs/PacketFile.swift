import Captures
import Glibc
import Packets

/// A capture file that takes frames of any captures; in a pcapng, each keeps its interface.
struct PacketFile: ~Copyable {
    private struct Origin: Hashable {
        var capture: Int
        var interface: UInt32
        var linkType: LinkType
    }

    private var writer: CaptureWriter
    private var interfaces: [Origin: Int] = [:]
    private var current: (origin: Origin, interface: Int)?

    /// - Parameter path: `-` is standard output, which gets a pcap.
    init(path: String) throws {
        if path == "-" {
            writer = CaptureWriter(descriptor: STDOUT_FILENO, name: "standard output", format: .pcap)
            return
        }
        do {
            writer = try CaptureWriter(path: path)
        } catch {
            throw PacketFile.failure(error)
        }
    }

    mutating func write(_ item: CaptureStream.Item, _ bytes: RawSpan) throws {
        let origin = Origin(
            capture: item.capture, interface: item.frame.captureInterface, linkType: item.frame.linkType)
        do {
            if current?.origin != origin { current = (origin, try interface(for: origin, item)) }
            try writer.write(item.frame, bytes, interface: current!.interface)
        } catch {
            throw PacketFile.failure(error)
        }
    }

    private mutating func interface(for origin: Origin, _ item: CaptureStream.Item) throws(CaptureError)
        -> Int
    {
        if let known = interfaces[origin] { return known }
        let added = try writer.addInterface(
            CaptureInterface(name: item.interfaceName, linkType: origin.linkType))
        interfaces[origin] = added
        return added
    }

    consuming func close() throws {
        do {
            try writer.close()
        } catch {
            throw PacketFile.failure(error)
        }
    }

    static func failure(_ error: CaptureError) -> Failure {
        switch error.reason {
        case .system(EPIPE): .closedPipe
        case .unsupported: .input(error.description)
        default: .system("can't write \(error.description)")
        }
    }
}
