import CPcap
public import Packets

/// A compiled pcap-filter(7) expression.
///
/// Service and protocol names are looked up on this machine. A host name in the expression is looked up by
/// libpcap with getaddrinfo(3), which may ask a name server: nothing in libpcap turns that off.
public final class BPFFilter {
    /// libpcap's words, without the expression.
    public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
    }

    public let linkType: LinkType
    private let program: UnsafeMutablePointer<bpf_program>

    /// Compiles for frames of one link type: another one's fields lie elsewhere.
    public init(_ expression: String, linkType: LinkType) throws(SyntaxError) {
        guard let handle = DataLink.handle(for: linkType) else {
            throw SyntaxError(description: "libpcap has no link type \(linkType.rawValue)")
        }
        defer { pcap_close(handle) }
        var program = bpf_program()
        guard pcap_compile(handle, &program, expression, 1, bpf_u_int32.max) == 0 else {
            throw SyntaxError(description: String(cString: pcap_geterr(handle)))
        }
        self.linkType = linkType
        self.program = .allocate(capacity: 1)
        self.program.initialize(to: program)
    }

    deinit {
        pcap_freecode(program)
        program.deallocate()
    }

    /// - Parameter bytes: those of a frame of `linkType`.
    public func matches(_ frame: Frame, _ bytes: RawSpan) -> Bool {
        var header = pcap_pkthdr()
        header.caplen = UInt32(truncatingIfNeeded: bytes.byteCount)
        header.len = max(frame.originalLength, header.caplen)
        return bytes.withUnsafeBytes { bytes in
            // An empty buffer may have no address; libpcap reads nothing there.
            withUnsafePointer(to: &header) { header in
                let start = bytes.baseAddress ?? UnsafeRawPointer(header)
                return pcap_offline_filter(program, header, start.assumingMemoryBound(to: UInt8.self)) != 0
            }
        }
    }
}
