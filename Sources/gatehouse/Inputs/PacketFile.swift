import Captures
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

    init(path: String) throws {
        do {
            writer = try CaptureWriter(path: path)
        } catch {
            throw Failure.system(error.description)
        }
    }

    mutating func write(_ item: CaptureStream.Item, _ bytes: RawSpan) throws {
        let origin = Origin(
            capture: item.capture, interface: item.frame.captureInterface, linkType: item.frame.linkType)
        do {
            if current?.origin != origin { current = (origin, try interface(for: origin, item)) }
            try writer.write(item.frame, bytes, interface: current!.interface)
        } catch {
            throw error.reason == .unsupported ? Failure.input(error.description) : Failure.system(error.description)
        }
    }

    private mutating func interface(for origin: Origin, _ item: CaptureStream.Item) throws(CaptureError) -> Int {
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
            throw Failure.system(error.description)
        }
    }
}
