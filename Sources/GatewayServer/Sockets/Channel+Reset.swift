import NIOCore

extension Channel {
    /// Sends a reset, and nothing that waits.
    func breakOff() {
        // A `struct linger` (socket(7)): on, for no time.
        let linger: (CInt, CInt) = (1, 0)
        if let options = self as? any SocketOptionProvider {
            _ = options.unsafeSetSocketOption(level: .socket, name: .so_linger, value: linger)
        }
        close(promise: nil)
    }
}
