import Foundation
import Glibc

/// Files that the user names; `-` is standard input.
enum InputFile {
    /// Rule files over this are refused rather than read into memory.
    private static let mostBytes = 1 << 30

    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.input("can't open \(path): \(errorText())") }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes.append(contentsOf: chunk[..<count])
                guard bytes.count <= mostBytes else { throw Failure.input("\(path) has over 1 GiB") }
            } else if count == 0 {
                return bytes
            } else if errno != EINTR {
                throw Failure.input("can't read \(path): \(errorText())")
            }
        }
    }

    /// What messages call the file.
    static func name(of path: String) -> String { path == "-" ? "<stdin>" : path }

    /// - Parameter paths: all files that a command reads.
    static func checkStandardInput(_ paths: [String]) throws {
        guard paths.count(where: { $0 == "-" }) <= 1 else {
            throw Failure.input("standard input can be read once only")
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func errorText() -> String { String(cString: strerror(errno)) }
}
