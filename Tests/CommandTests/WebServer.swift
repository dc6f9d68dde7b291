import Foundation

/// An nginx of our own on loopback, with its files in a folder of its own; it ends with the value.
final class WebServer {
    static let isInstalled = find("nginx") != nil && find("curl") != nil

    let folder: URL
    let port: Int
    private let process = Process()

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "gatehouse-\(UUID().uuidString)")
        port = try FreePort.any()
        let pages = folder.appendingPathComponent("pages")
        try FileManager.default.createDirectory(
            at: pages.appendingPathComponent("admin"), withIntermediateDirectories: true)
        try "hello\n".write(to: pages.appendingPathComponent("index.html"), atomically: true, encoding: .utf8)
        try "secret\n".write(
            to: pages.appendingPathComponent("admin/index.html"), atomically: true, encoding: .utf8)
        let block = Data((0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) })
        var large = Data(capacity: 30_000_000)
        while large.count < 30_000_000 { large += block }
        try large.write(to: pages.appendingPathComponent("large.bin"))
        try configuration.write(
            to: folder.appendingPathComponent("nginx.conf"), atomically: true, encoding: .utf8)
        // Its workers may run as somebody else.
        for path in [folder, pages, pages.appendingPathComponent("admin")] {
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path.path)
        }
        process.executableURL = URL(fileURLWithPath: WebServer.find("nginx") ?? "/")
        process.arguments = ["-c", folder.appendingPathComponent("nginx.conf").path, "-p", folder.path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        guard FreePort.waitUntilTaken(port) else { throw CocoaError(.executableLoad) }
    }

    deinit {
        // SIGTERM is blocked for what is started on a thread of libdispatch, and nginx leaves it so.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private var configuration: String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " ")
        return """
            daemon off; master_process off; pid \(folder.path)/nginx.pid; error_log \(folder.path)/error.log;
            events { worker_connections 256; }
            http {
              access_log off; \(temporary)
              server {
                listen 127.0.0.1:\(port); root \(folder.path)/pages; client_max_body_size 100m;
                location /length { proxy_pass http://127.0.0.1:\(port)/answer; }
                location /answer { return 200 "got $http_content_length bytes\\n"; }
              }
            }
            """
    }

    private static func find(_ name: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What curl writes, and its exit code.
    static func curl(_ arguments: [String], input: Data? = nil) throws -> (output: Data, exitCode: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: find("curl") ?? "/")
        process.arguments = ["--silent", "--max-time", "60", "--noproxy", ""] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (data, process.terminationStatus)
    }
}

enum FreePort {
    /// One that nobody listened at just now.
    static func any() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw CocoaError(.featureUnsupported) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Tries to connect, for ten seconds at most.
    static func waitUntilTaken(_ port: Int) -> Bool {
        for _ in 0..<1_000 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = loopback(port)
            let isThere = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isThere { return true }
            usleep(10_000)
        }
        return false
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
