import CPcap
import Glibc

/// The peer to beat: libpcap's own loop over a file, with a callback that counts packets and bytes.
@main
enum PcapLoop {
    static func main() {
        guard CommandLine.arguments.count == 2 else {
            fail("usage: PcapLoop FILE", 2)
        }
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_open_offline(CommandLine.arguments[1], &message) else {
            fail("PcapLoop: can't open \(CommandLine.arguments[1])", 2)
        }
        var counts: (packets: UInt64, bytes: UInt64) = (0, 0)
        withUnsafeMutablePointer(to: &counts) { pointer in
            let user = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
            _ = pcap_loop(
                handle, -1,
                { user, header, _ in
                    let counts = UnsafeMutableRawPointer(user!).assumingMemoryBound(to: (UInt64, UInt64).self)
                    counts.pointee.0 &+= 1
                    counts.pointee.1 &+= UInt64(header!.pointee.len)
                }, user)
        }
        pcap_close(handle)
        print("\(counts.packets) packets, \(counts.bytes) bytes")
    }

    private static func fail(_ message: String, _ code: Int32) -> Never {
        let text = message + "\n"
        write(STDERR_FILENO, text, text.utf8.count)
        exit(code)
    }
}
