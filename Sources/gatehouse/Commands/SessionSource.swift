import Captures
import Gateway
import Packets
import Replay

/// Captures whose sessions go through the gateway, and the files that their connections are written to.
struct SessionSource: ~Copyable {
    var stream: CaptureStream
    var replayer: SessionReplayer
    private var selection: FrameSelection
    private var clientFile: ConnectionFile?
    private var serverFile: ConnectionFile?
    private(set) var number: UInt64 = 0
    private(set) var first: Timestamp?
    private(set) var last: Timestamp?

    init(
        _ captures: [CaptureArgument], _ options: CaptureOptions, _ replayer: SessionReplayer,
        writeClient: String?, writeServer: String?
    ) throws {
        let stream = try CaptureStream(captures)
        let clientFile = try writeClient.map { try ConnectionFile(path: $0, interface: "client") }
        let serverFile = try writeServer.map { try ConnectionFile(path: $0, interface: "server") }
        self.stream = stream
        self.clientFile = clientFile
        self.serverFile = serverFile
        self.replayer = replayer
        selection = FrameSelection(options)
    }

    /// Takes one frame; false at the end.
    mutating func advance() throws -> Bool {
        while !selection.isFull, let item = stream.next() {
            number += 1
            guard try selection.takes(item, stream) else { continue }
            let time = item.frame.timestamp
            first = first.map { min($0, time) } ?? time
            last = last.map { max($0, time) } ?? time
            stream.withBytes { bytes in
                _ = replayer.process(item.frame, bytes, number: number, capture: item.capture)
            }
            try writeFrames()
            return true
        }
        return false
    }

    /// Ends what is open.
    mutating func finish() throws {
        replayer.finish()
        try writeFrames()
        try clientFile.take()?.close()
        try serverFile.take()?.close()
    }

    private mutating func writeFrames() throws {
        if let frames = replayer.logs.client?.takeFrames(), !frames.isEmpty { try clientFile?.write(frames) }
        if let frames = replayer.logs.server?.takeFrames(), !frames.isEmpty { try serverFile?.write(frames) }
    }
}
