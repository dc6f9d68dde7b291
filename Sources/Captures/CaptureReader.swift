public import Packets

/// Reads a capture frame by frame: pcap and pcapng, plain or compressed with gzip or zstd, and what else
/// libpcap knows. Memory is bounded whatever the file holds.
///
///     var reader = try CaptureReader(path: "lan.pcap")
///     while let frame = try reader.next() {
///         reader.withBytes { bytes in … }
///     }
public struct CaptureReader: ~Copyable {
    /// The file's name in errors.
    public let name: String

    private enum Decoder {
        case pcap, pcapng, libpcap
    }

    // One of these three decodes, as `decoder` says. They are fields side by side rather than the payloads of
    // an enum, which would be copied out and in for each frame.
    private var decoder: Decoder
    private var pcap: PcapRecords?
    private var pcapng = PcapngReader()
    private var libpcap: LibpcapReader?

    private var window: InputWindow
    private let isDecompressed: Bool
    private var hasEnded = false
    private var singleInterface: [CaptureInterface] = []

    @usableFromInline var frameBytes = UnsafeRawBufferPointer(start: nil, count: 0)

    /// The number of frames read so far, so the current frame's number from 1.
    public private(set) var frameCount: UInt64 = 0
    /// Where the current frame's record begins, in bytes from the start of the capture (decompressed). 0 in a
    /// format that libpcap reads.
    public private(set) var byteOffset: UInt64 = 0

    public init(path: String) throws(CaptureError) {
        try self.init(path: path, throughLibpcap: false)
    }

    /// - Parameters:
    ///   - descriptor: read from where it stands, and left open.
    ///   - name: what errors call it.
    public init(descriptor: Int32, name: String) throws(CaptureError) {
        do {
            try self.init(
                FileInput(descriptor: descriptor, isOwner: false), name: name, throughLibpcap: false)
        } catch {
            throw error.naming(name)
        }
    }

    /// - Parameter throughLibpcap: has libpcap read even what is read natively, to compare.
    package init(path: String, throughLibpcap: Bool) throws(CaptureError) {
        do {
            try self.init(FileInput(path: path), name: path, throughLibpcap: throughLibpcap)
        } catch {
            throw error.naming(path)
        }
    }

    private init(_ file: FileInput, name: String, throughLibpcap: Bool) throws(CaptureError) {
        var window = InputWindow(file)
        var isDecompressed = false
        do throws(CaptureError) {
            var format = try Self.format(&window)
            if format == .gzip || format == .zstd {
                let input: any ByteInput =
                    format == .gzip
                    ? GzipInput(window) : try ZstdInput(window, library: ZstdLibrary())
                window = InputWindow(input)
                isDecompressed = true
                format = try Self.format(&window)
            }
            if throughLibpcap { format = .other(compression: nil) }
            switch format {
            case .pcap(let magic):
                let header = try PcapHeader(magic, &window)
                pcap = PcapRecords(header)
                singleInterface = [header.interface]
                decoder = .pcap
            case .pcapng:
                try pcapng.readFirstSection(&window)
                decoder = .pcapng
            case .gzip, .zstd:
                throw CaptureError(.unsupported, "compressed twice: decompress it first")
            case .other(let compression?):
                throw CaptureError(
                    .unsupported, "compressed with \(compression), which isn't read: decompress it first")
            case .other(nil):
                let reader = try LibpcapReader(
                    prefix: Array(window.next(window.available)), input: window.input)
                singleInterface = [reader.interface]
                libpcap = reader
                decoder = .libpcap
            }
        } catch {
            throw error.counting(decompressedBytes: isDecompressed)
        }
        self.name = name
        self.window = window
        self.isDecompressed = isDecompressed
    }

    private static func format(_ window: inout InputWindow) throws(CaptureError) -> CaptureFormat {
        guard try window.has(CaptureFormat.prefixLength) else {
            if window.available == 0 { throw CaptureError(.empty, "is empty") }
            throw CaptureError(.notACapture, "not a capture: it has \(window.available) bytes")
        }
        return CaptureFormat(prefix: window.next(CaptureFormat.prefixLength).bytes)
    }

    /// The next frame, or nil at the end. Every frame before a fault is returned before the fault is thrown;
    /// after it there are none.
    public mutating func next() throws(CaptureError) -> Frame? {
        frameBytes = UnsafeRawBufferPointer(start: nil, count: 0)
        if hasEnded { return nil }
        do throws(CaptureError) {
            let frame: Frame?
            switch decoder {
            case .pcap:
                byteOffset = window.offset
                frame = try pcap?.next(&window, &frameBytes)
            case .pcapng:
                frame = try pcapng.next(&window, &frameBytes)
                byteOffset = pcapng.packetOffset
            case .libpcap: frame = try libpcap?.next(&frameBytes)
            }
            if frame == nil {
                hasEnded = true
            } else {
                frameCount += 1
            }
            return frame
        } catch {
            hasEnded = true
            throw error.naming(name).counting(decompressedBytes: isDecompressed)
        }
    }

    /// Gives the current frame's captured bytes.
    @inlinable
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(frameBytes.bytes)
    }

    /// The interfaces known so far: a pcapng file may tell of more at any place.
    public var interfaces: [CaptureInterface] {
        decoder == .pcapng ? pcapng.interfaces : singleInterface
    }

    /// The comments met so far: the first thousand, the first 1,024 bytes of each.
    public var comments: [CaptureComment] { pcapng.comments.list }

    /// How many comments were left out of `comments`.
    public var omittedComments: UInt64 { pcapng.comments.omitted }

    public var progress: CaptureProgress { window.input.progress }
}
