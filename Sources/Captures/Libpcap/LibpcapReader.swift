import CPcap
import Glibc
import Packets

/// Reads through libpcap what the native readers decline. It says nothing of interface names, directions,
/// comments and offsets.
final class LibpcapReader {
    private let handle: OpaquePointer
    private let stream: LibpcapStream
    let interface: CaptureInterface

    init(prefix: [UInt8], input: any ByteInput) throws(CaptureError) {
        let stream = LibpcapStream(prefix: prefix, input: input)
        guard let file = stream.openFile() else { throw CaptureError(system: errno) }
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let opened = pcap_fopen_offline_with_tstamp_precision(
            file, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
        guard let opened else {
            fclose(file)
            throw stream.failure
                ?? CaptureError(.notACapture, "not a capture (libpcap: \(Self.text(message)))", at: nil)
        }
        handle = opened
        self.stream = stream
        interface = CaptureInterface(
            linkType: DataLink.linkType(of: opened), snapLength: UInt32(clamping: pcap_snapshot(opened)))
    }

    deinit {
        pcap_close(handle)
    }

    func next(_ bytes: inout UnsafeRawBufferPointer) throws(CaptureError) -> Frame? {
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
        switch pcap_next_ex(handle, &header, &data) {
        case 1: break
        case PCAP_ERROR_BREAK: return nil
        default:
            throw stream.failure ?? CaptureError(.corrupt, "libpcap: \(String(cString: pcap_geterr(handle)))")
        }
        guard let header = header?.pointee else { return nil }
        bytes = UnsafeRawBufferPointer(start: data, count: Int(header.caplen))
        let (seconds, overflow) = Int64(header.ts.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (time, sumOverflow) = seconds.addingReportingOverflow(Int64(header.ts.tv_usec))
        return Frame(
            timestamp: Timestamp(
                nanoseconds: overflow || sumOverflow ? (header.ts.tv_sec < 0 ? .min : .max) : time),
            originalLength: max(header.len, header.caplen), linkType: interface.linkType)
    }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
