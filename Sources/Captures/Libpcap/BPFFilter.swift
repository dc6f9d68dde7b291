import CPcap
public import Packets

/// A compiled pcap-filter(7) expression.
///
/// Names in the expression are looked up in files of this machine, such as `/etc/services` and `/etc/hosts`; no name
/// server is asked.
public final class BPFFilter {
    /// libpcap's words, without the expression.
    public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
    }

    public let linkType: LinkType
    private let program: UnsafeMutablePointer<bpf_program>

    /// libpcap looks names up with getaddrinfo(3) and getnetbyname(3), and nothing in it turns that off: glibc is told
    /// to ask no server, in the whole process.
    private static let asksNoServer =
        __nss_configure_lookup("hosts", "files") == 0 && __nss_configure_lookup("networks", "files") == 0

    /// Compiles for frames of one link type: another one's fields lie elsewhere.
    public init(_ expression: String, linkType: LinkType) throws(SyntaxError) {
        guard BPFFilter.asksNoServer else {
            throw SyntaxError(description: "host names can't be kept from name servers")
        }
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
