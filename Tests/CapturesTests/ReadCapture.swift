import Captures
import Glibc
import Packets
import Testing

/// A file under /tmp, for as long as the object lives.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8] = [], suffix: String = "") throws {
        var template = Array("/tmp/gatehouse-captures-XXXXXX\(suffix)".utf8CString)
        let descriptor = mkstemps(&template, CInt(suffix.utf8.count))
        try #require(descriptor >= 0)
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        close(descriptor)
        try replace(bytes)
    }

    deinit {
        unlink(path)
    }

    func replace(_ bytes: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY | O_TRUNC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    }
}

/// All that a reader says of a file.
struct ReadCapture {
    struct Entry: Equatable {
        var time: Int64
        var original: UInt32
        var interface: UInt32
        var linkType: UInt16
        var direction: FrameDirection
        var bytes: [UInt8]
    }

    var entries: [Entry] = []
    var error: CaptureError?
    var interfaces: [CaptureInterface] = []
    var comments: [CaptureComment] = []
    var omittedComments: UInt64 = 0

    init(path: String, throughLibpcap: Bool = false, limit: Int = .max) {
        do throws(CaptureError) {
            var reader = try CaptureReader(path: path, throughLibpcap: throughLibpcap)
            collect(&reader, limit)
        } catch {
            self.error = error
        }
    }

    /// What is read of a file with these bytes.
    init(_ bytes: [UInt8]) throws {
        let file = try TemporaryFile(bytes)
        self.init(path: file.path)
    }

    private mutating func collect(_ reader: inout CaptureReader, _ limit: Int) {
        do throws(CaptureError) {
            while entries.count < limit, let frame = try reader.next() {
                entries.append(
                    Entry(
                        time: frame.timestamp.nanoseconds, original: frame.originalLength,
                        interface: frame.captureInterface, linkType: frame.linkType.rawValue,
                        direction: frame.direction, bytes: reader.withBytes(Self.array)))
            }
        } catch {
            self.error = error
            expectNothingMore(&reader)
        }
        interfaces = reader.interfaces
        comments = reader.comments
        omittedComments = reader.omittedComments
    }

    /// After a fault there is no frame, and no second fault.
    private func expectNothingMore(_ reader: inout CaptureReader) {
        do throws(CaptureError) {
            let hasMore = try reader.next() != nil
            #expect(!hasMore)
        } catch {
            Issue.record(error)
        }
    }

    static func array(_ bytes: RawSpan) -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}
