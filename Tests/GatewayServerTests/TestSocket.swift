import Foundation
import Gateway
import Packets

/// A blocking TCP socket on loopback. Whatever takes longer than its patience fails.
final class TestSocket: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        let code: Int32

        init(_ what: String) {
            code = errno
            description = "\(what): \(String(cString: strerror(code)))"
        }
    }

    let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    deinit { close(descriptor) }

    /// - Parameter receiveBuffer: bytes, to make the socket a slow reader.
    static func connect(to endpoint: Endpoint, receiveBuffer: Int32? = nil) throws -> TestSocket {
        let socket = try make()
        if let receiveBuffer { socket.setReceiveBuffer(receiveBuffer) }
        guard withAddress(endpoint, { Glibc.connect(socket.descriptor, $0, $1) }) == 0 else {
            throw Failure("connect")
        }
        return socket
    }

    func setReceiveBuffer(_ bytes: Int32) {
        var bytes = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    static func listen(backlog: Int32 = 16) throws -> TestSocket {
        let socket = try make()
        guard withAddress(.loopback(0), { bind(socket.descriptor, $0, $1) }) == 0,
            Glibc.listen(socket.descriptor, backlog) == 0
        else { throw Failure("listen") }
        return socket
    }

    private static func make() throws -> TestSocket {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        return TestSocket(descriptor)
    }

    private static func withAddress(
        _ endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = UInt32(truncatingIfNeeded: endpoint.address.bits).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Of a socket that listens.
    var endpoint: Endpoint {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(descriptor, $0, &length)
            }
        }
        return .loopback(UInt16(bigEndian: address.sin_port))
    }

    func accept() throws -> TestSocket {
        let descriptor = Glibc.accept(descriptor, nil, nil)
        guard descriptor >= 0 else { throw Failure("accept") }
        return TestSocket(descriptor)
    }

    /// Whether a connection waits to be accepted.
    var hasVisitor: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure("send") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends a block again and again until the peer takes nothing for a while, or has taken most.
    /// - Returns: how many bytes it took.
    func sendUntilStuck(_ block: [UInt8], most: Int) throws -> Int {
        var sent = 0
        while sent < most {
            var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard Glibc.poll(&poll, 1, 300) == 1 else { return sent }
            let count = block[(sent % block.count)...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 { sent += count } else if errno != EAGAIN { throw Failure("send") }
        }
        return sent
    }

    /// The next bytes; none at the end.
    func receive(_ most: Int = 65_536) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: most)
        let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw Failure("receive") }
        return Array(bytes[..<count])
    }

    func receive(until end: String) throws -> String {
        var text = ""
        while !text.contains(end) {
            let bytes = try receive()
            guard !bytes.isEmpty else { return text }
            text += String(decoding: bytes, as: UTF8.self)
        }
        return text
    }

    func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try receive()
            if bytes.isEmpty { return all }
            all += bytes
        }
    }

    /// Whether the connection is broken off, once all that came before is read.
    var isReset: Bool {
        do {
            while try !receive().isEmpty {}
            return false
        } catch {
            return (error as? Failure)?.code == ECONNRESET
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Breaks the connection off; `deinit` closes it.
    func makeCloseAReset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }
}

extension Endpoint {
    static func loopback(_ port: UInt16) -> Endpoint { Endpoint(.v4(0x7f00_0001), port) }
}
