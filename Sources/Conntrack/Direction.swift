/// Which way a packet goes within its connection (`enum ip_conntrack_dir`).
enum Direction: UInt8, Sendable, BitwiseCopyable {
    case original = 0
    case reply = 1

    var opposite: Direction { self == .original ? .reply : .original }
}
