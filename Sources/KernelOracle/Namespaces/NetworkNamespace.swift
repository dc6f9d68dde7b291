import CLinux
import Glibc

/// A network namespace of our own (`ip-netns(8)`), gone with the object.
final class NetworkNamespace {
    let name: String
    private let descriptor: Int32
    private let home: Int32
    private var isRemoved = false

    init(_ name: String) throws(KernelFailure) {
        try Command.require(["ip", "netns", "add", name])
        self.name = name
        descriptor = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
        home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, home >= 0 else {
            throw KernelFailure("can't open the network namespace \(name)")
        }
    }

    /// Calls `body` on this thread inside the namespace: sockets that it opens stay there.
    func enter<Result>(_ body: () throws(KernelFailure) -> Result) throws(KernelFailure) -> Result {
        let networkNamespace: Int32 = 0x4000_0000
        guard setns(descriptor, networkNamespace) == 0 else {
            throw KernelFailure("can't enter the network namespace \(name)")
        }
        defer { precondition(setns(home, networkNamespace) == 0, "the way back from a namespace") }
        return try body()
    }

    @discardableResult
    func run(_ words: [String], input: String = "") throws(KernelFailure) -> String {
        try Command.require(["ip", "netns", "exec", name] + words, input: input)
    }

    /// Many lines for `ip -batch`.
    func configure(_ lines: [String], family: [String] = []) throws(KernelFailure) {
        guard !lines.isEmpty else { return }
        try run(["ip"] + family + ["-batch", "-"], input: lines.joined(separator: "\n") + "\n")
    }

    func remove() {
        guard !isRemoved else { return }
        isRemoved = true
        _ = close(descriptor)
        _ = close(home)
        _ = try? Command.run(["ip", "netns", "del", name])
    }

    deinit { remove() }
}
