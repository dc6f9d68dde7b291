public import Packets

/// Writes a capture. Call `close` to learn whether all of it reached the file; a writer that is dropped instead
/// leaves what the file has got so far.
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
        if format == .pcapng { PcapngOutput.section(&self.output) }
    }

    /// Declares an interface and returns its number for `write`. All interfaces of a pcap need the same link type.
    public mutating func addInterface(_ interface: CaptureInterface) throws(CaptureError) -> Int {
        switch format {
        case .pcap, .pcapMicroseconds:
            guard let first = linkTypes.first else {
                PcapOutput.header(&output, interface, nanoseconds: format == .pcap)
                break
            }
            guard first == interface.linkType else {
                throw CaptureError(
                    .unsupported,
                    "a pcap has one link type, not \(first.name) and \(interface.linkType.name): "
                        + "choose a name that ends in .pcapng"
                ).naming(name)
            }
        case .pcapng: PcapngOutput.interface(&output, interface)
        }
        linkTypes.append(interface.linkType)
        return linkTypes.count - 1
    }

    /// Writes one frame.
    ///
    /// A time that the format can't hold (before 1970, in a pcap from 2106 on) becomes the nearest that it can.
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
        switch format {
        case .pcap: PcapOutput.record(&output, frame, bytes, nanoseconds: true)
        case .pcapMicroseconds: PcapOutput.record(&output, frame, bytes, nanoseconds: false)
        case .pcapng: PcapngOutput.packet(&output, frame, bytes, interface: UInt32(interface))
        }
        do throws(CaptureError) {
            try output.flushIfFull()
        } catch {
            throw error.naming(name)
        }
    }

    /// Writes out what is left. A capture without interfaces becomes one of an Ethernet without frames: the formats
    /// need a link type.
    public consuming func close() throws(CaptureError) {
        if linkTypes.isEmpty { _ = try addInterface(CaptureInterface(linkType: LinkType(rawValue: 1))) }
        do throws(CaptureError) {
            try output.flush()
        } catch {
            throw error.naming(name)
        }
    }
}
