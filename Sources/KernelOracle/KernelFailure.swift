/// Why the kernel couldn't be asked: no root, a tool or a module that is missing, rules that it refuses.
public struct KernelFailure: Error, Sendable {
    /// One line.
    public let message: String

    public init(_ message: String) { self.message = message }
}
