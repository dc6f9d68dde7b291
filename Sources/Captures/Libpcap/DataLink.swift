import CPcap
import Glibc
public import Packets

/// libpcap numbers link types in its own way in memory (`DLT_`), unlike in files (`LINKTYPE_`), and has no
/// function that converts. Its reader and writer of file headers do: they are asked, so there is no table to
/// keep here.
enum DataLink {
    /// A handle without packets, for the functions that want one. Close it with `pcap_close`.
    static func handle(for linkType: LinkType) -> OpaquePointer? {
        var header = [UInt32](repeating: 0, count: PcapHeader.length / 4)
        header[0] = PcapMagic.microsecondsNumber
        withUnsafeMutableBytes(of: &header[1]) { version in
            version.storeBytes(of: 2, as: UInt16.self)
            version.storeBytes(of: 4, toByteOffset: 2, as: UInt16.self)
        }
        header[4] = maximumSnapLength(linkType)
        header[5] = UInt32(linkType.rawValue)
        return header.withUnsafeMutableBytes { bytes in
            guard let file = fmemopen(bytes.baseAddress, bytes.count, "r") else { return nil }
            var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
            guard let handle = pcap_fopen_offline(file, &message) else {
                fclose(file)
                return nil
            }
            return handle
        }
    }

    /// The link type that libpcap would write for a handle; 65,535, which isn't assigned, where it has no
    /// number for files.
    static func linkType(of handle: OpaquePointer) -> LinkType {
        var header = [UInt32](repeating: 0, count: PcapHeader.length / 4)
        let isWritten = header.withUnsafeMutableBytes { bytes in
            guard let file = fmemopen(bytes.baseAddress, bytes.count, "w") else { return false }
            guard let dumper = pcap_dump_fopen(handle, file) else {
                fclose(file)
                return false
            }
            pcap_dump_close(dumper)
            return true
        }
        return LinkType(rawValue: isWritten ? UInt16(clamping: header[5] & 0x03ff_ffff) : .max)
    }
}

extension LinkType {
    /// libpcap's name for it, as `tcpdump -y` takes it ("EN10MB"), or "LINKTYPE_" and the number.
    public var name: String {
        let unknown = "LINKTYPE_\(rawValue)"
        guard let handle = DataLink.handle(for: self) else { return unknown }
        defer { pcap_close(handle) }
        return pcap_datalink_val_to_name(pcap_datalink(handle)).map { String(cString: $0) } ?? unknown
    }
}
