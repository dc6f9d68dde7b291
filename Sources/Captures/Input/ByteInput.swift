/// Where a capture's bytes come from, one buffer at a time.
protocol ByteInput: AnyObject {
    /// Puts at least one byte into `buffer` and returns how many; 0 at the end. Bytes before a fault are
    /// returned first: the fault is thrown by the call after.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int

    var progress: CaptureProgress { get }
}
