import Foundation

/// Runs the system's tools.
enum Command {
    struct Output {
        var status: Int32
        var out: String
        var error: String
    }

    /// - Parameters:
    ///   - words: the program, found in the search path, and its arguments.
    ///   - input: its standard input.
    static func run(_ words: [String], input: String = "") throws(KernelFailure) -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        var environment = ProcessInfo.processInfo.environment
        environment["LC_ALL"] = "C"
        environment["PATH"] = (environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        process.environment = environment
        // Files instead of pipes: no tool can block on one that nobody reads.
        let folder = FileManager.default.temporaryDirectory
        let name = "gatehouse-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
        let files = ["in", "out", "error"].map { folder.appending(path: "\(name).\($0)") }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        do {
            try Data(input.utf8).write(to: files[0])
            for file in files.dropFirst() { try Data().write(to: file) }
            process.standardInput = try FileHandle(forReadingFrom: files[0])
            process.standardOutput = try FileHandle(forWritingTo: files[1])
            process.standardError = try FileHandle(forWritingTo: files[2])
            try process.run()
        } catch {
            throw KernelFailure("can't run \(words.joined(separator: " ")): \(error.localizedDescription)")
        }
        process.waitUntilExit()
        func text(_ file: URL) -> String {
            String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
        }
        return Output(status: process.terminationStatus, out: text(files[1]), error: text(files[2]))
    }

    /// The same, for a tool that has to succeed.
    @discardableResult
    static func require(_ words: [String], input: String = "") throws(KernelFailure) -> String {
        let output = try run(words, input: input)
        guard output.status == 0 else {
            let said = (output.error.isEmpty ? output.out : output.error)
                .split(separator: "\n").prefix(3).joined(separator: "; ")
            throw KernelFailure("\(words.joined(separator: " ")) failed: \(said)")
        }
        return output.out
    }
}
