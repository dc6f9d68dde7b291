import CLibFuzzer
import Captures
import Glibc
import Packets

@main
enum FuzzCaptures {
    static func main() {
        var count = CommandLine.argc
        var arguments = Optional(CommandLine.unsafeArgv)
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                start.map { fuzzCaptures($0, count) } ?? 0
            })
    }
}

/// Capture files of every format: the reader gives frames or a fault, and ends.
private func fuzzCaptures(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var name = Array("/tmp/gatehouse-fuzz-XXXXXX".utf8CString)
    let file = mkstemp(&name)
    unlink(name)
    defer { close(file) }
    write(file, start, count)
    lseek(file, 0, SEEK_SET)
    do {
        var reader = try CaptureReader(descriptor: file, name: "fuzz")
        var total = 0
        while let frame = try reader.next() {
            total += reader.withBytes { bytes in
                precondition(bytes.byteCount <= Int(frame.originalLength), "more bytes than the frame had")
                return bytes.byteCount + 1
            }
        }
        _ = reader.interfaces.count + reader.comments.count + total
    } catch {
        _ = "\(error)"
    }
    return 0
}
