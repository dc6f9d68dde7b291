import CPcap
import Glibc

/// An interface that we read from and inject into through libpcap. It stays in the namespace in which it was opened.
final class LiveDevice {
    private let handle: OpaquePointer
    private let name: String

    /// - Parameter name: an interface's, or `nflog:GROUP`.
    /// - Throws: what libpcap says.
    init(_ name: String, readsOnlyIncoming: Bool = false) throws(KernelFailure) {
        self.name = name
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(name, &message) else {
            throw KernelFailure("can't open \(name): \(LiveDevice.text(message))")
        }
        self.handle = handle
        pcap_set_snaplen(handle, 262_144)
        pcap_set_timeout(handle, 1)
        pcap_set_immediate_mode(handle, 1)
        pcap_set_buffer_size(handle, 16 << 20)
        guard pcap_activate(handle) >= 0 else {
            let reason = String(cString: pcap_geterr(handle))
            pcap_close(handle)
            throw KernelFailure("can't read from \(name): \(reason)")
        }
        if readsOnlyIncoming { pcap_setdirection(handle, PCAP_D_IN) }
        guard pcap_setnonblock(handle, 1, &message) == 0 else {
            pcap_close(handle)
            throw KernelFailure("can't poll \(name): \(LiveDevice.text(message))")
        }
    }

    deinit { pcap_close(handle) }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func inject(_ frame: [UInt8]) throws(KernelFailure) {
        guard pcap_inject(handle, frame, frame.count) == frame.count else {
            throw KernelFailure(
                "can't send \(frame.count) bytes into \(name): \(String(cString: pcap_geterr(handle)))")
        }
    }

    /// The next frame that is there already, or nil.
    func next() -> [UInt8]? {
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
        guard pcap_next_ex(handle, &header, &data) == 1, let header, let data else { return nil }
        return Array(UnsafeBufferPointer(start: data, count: Int(header.pointee.caplen)))
    }

    /// The next frame, for which it waits.
    func wait(seconds: Int32) -> [UInt8]? {
        for _ in 0..<(seconds * 10) {
            if let frame = next() { return frame }
            var descriptor = pollfd(fd: pcap_get_selectable_fd(handle), events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, 100)
        }
        return nil
    }
}
