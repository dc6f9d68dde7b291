import Foundation

/// `gatehouse serve` with a policy of its own; it ends with the value.
final class ServeProgram {
    let policy: URL
    let log: URL
    let process: Process
    private let errors = Pipe()
    private var said = ""

    /// - Parameter policy: its listeners at port 0.
    init(_ policy: String, _ arguments: [String] = []) throws {
        let name = UUID().uuidString
        let folder = FileManager.default.temporaryDirectory
        self.policy = folder.appendingPathComponent("\(name).gateway.yaml")
        log = folder.appendingPathComponent("\(name).jsonl")
        try policy.write(to: self.policy, atomically: true, encoding: .utf8)
        process = Program.process(["serve", self.policy.path, "--log", log.path] + arguments)
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try errors.fileHandleForWriting.close()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: policy)
        try? FileManager.default.removeItem(at: log)
    }

    /// Reads standard error up to a line that begins so.
    /// - Returns: the rest of that line; nil if the program ended without it.
    func wait(for beginning: String) -> String? {
        while true {
            while let end = said.firstIndex(of: "\n") {
                let line = String(said[..<end])
                said = String(said[said.index(after: end)...])
                if line.hasPrefix(beginning) { return String(line.dropFirst(beginning.count)) }
            }
            let more = errors.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            said += String(decoding: more, as: UTF8.self)
        }
    }

    func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// What it has logged, when it has ended, in the order of the sessions' beginnings.
    func sessions() throws -> [[String: Any]] {
        try String(contentsOf: log, encoding: .utf8).split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }.sorted { ($0["session"] as? Int ?? 0) < ($1["session"] as? Int ?? 0) }
    }
}
