public import Packets

/// Writes a capture. Call `close` to learn whether all of it reached the file; a writer that is dropped
/// instead leaves what the file has got so far.
public struct CaptureWriter: ~Copyable {
    public let name: String
    public let format: CaptureFileFormat
    private var output: FileOutput
    private var linkTypes: [LinkType] = []

    /// Creates the file, or empties it.
    /// - Parameter format: nil has the name's ending decide.
    public init(path: String, format: CaptureFileFormat? = nil) throws(CaptureError) {
        let output: FileOutput
        do throws(CaptureError) {
            output = try FileOutput(path: path)
        } catch {
            throw error.naming(path)
        }
        self.init(output, name: path, format: format ?? CaptureFileFormat(path: path))
    }

    /// - Parameters:
    ///   - descriptor: left open.
    ///   - name: what errors call it.
    public init(descriptor: Int32, name: String, format: CaptureFileFormat) {
        self.init(FileOutput(descriptor: descriptor), name: name, format: format)
    }

    private init(_ output: consuming FileOutput, name: String, format: CaptureFileFormat) {
        self.name = name
        self.format = format
        self.output = output
    }

    /// Declares an interface and returns its number for `write`. All interfaces of a pcap need the same link
    /// type.
    public mutating func addInterface(_ interface: CaptureInterface) throws(CaptureError) -> Int {
        if format != .pcapng, let first = linkTypes.first {
            guard first == interface.linkType else {
                throw CaptureError(
                    .unsupported,
                    "a pcap has one link type, not \(first.name) and \(interface.linkType.name): "
                        + "choose a name that ends in .pcapng"
                ).naming(name)
            }
        } else {
            do throws(CaptureError) {
                try writeInterface(interface)
            } catch {
                throw error.naming(name)
            }
        }
        linkTypes.append(interface.linkType)
        return linkTypes.count - 1
    }

    private mutating func writeInterface(_ interface: CaptureInterface) throws(CaptureError) {
        switch format {
        case .pcap: try PcapOutput.header(&output, interface, nanoseconds: true)
        case .pcapMicroseconds: try PcapOutput.header(&output, interface, nanoseconds: false)
        case .pcapng:
            if linkTypes.isEmpty { try PcapngOutput.section(&output) }
            try PcapngOutput.interface(&output, interface)
        }
    }

    /// Writes one frame.
    ///
    /// A time that the format can't hold (before 1970, in a pcap from 2106 on) becomes the nearest that it
    /// can.
    /// - Parameters:
    ///   - frame: its time, its original length and its direction count.
    ///   - interface: what `addInterface` returned.
    public mutating func write(
        _ frame: Frame, _ bytes: RawSpan, interface: Int
    ) throws(CaptureError) {
        precondition(linkTypes.indices.contains(interface), "an interface that wasn't added")
        guard bytes.byteCount <= maximumSnapLength(linkTypes[interface]) else {
            throw CaptureError(.unsupported, "a frame of \(bytes.byteCount) bytes is too long for a capture")
                .naming(name)
        }
        do throws(CaptureError) {
            switch format {
            case .pcap: try PcapOutput.record(&output, frame, bytes, nanoseconds: true)
            case .pcapMicroseconds: try PcapOutput.record(&output, frame, bytes, nanoseconds: false)
            case .pcapng: try PcapngOutput.packet(&output, frame, bytes, interface: UInt32(interface))
            }
        } catch {
            throw error.naming(name)
        }
    }

    /// Writes out what is left. A capture without interfaces becomes one of an Ethernet without frames: the
    /// formats need a link type.
    public consuming func close() throws(CaptureError) {
        if linkTypes.isEmpty { _ = try addInterface(CaptureInterface(linkType: LinkType(rawValue: 1))) }
        do throws(CaptureError) {
            try output.flush()
        } catch {
            throw error.naming(name)
        }
    }
}
