import Glibc

/// Refuses output files that would destroy an input, or each other, before any file is opened for writing.
enum OutputPaths {
    /// - Parameters:
    ///   - outputs: the files that options name; `-` is standard output.
    ///   - inputs: the files that are read.
    static func check(_ outputs: [(option: String, path: String)], against inputs: [String]) throws {
        var taken: [(identity: String, name: String)] = inputs.filter { $0 != "-" }
            .compactMap { path in identity(of: path).map { ($0, "the input \(path)") } }
        for (option, path) in outputs {
            guard let identity = path == "-" ? "standard output" : identity(of: path) else { continue }
            if let other = taken.first(where: { $0.identity == identity }) {
                throw Failure.input("\(option) \(path): that is \(other.name), too")
            }
            taken.append((identity, "the file of \(option)"))
        }
    }

    /// What two paths to one regular file have in common; nil for devices and pipes, which nothing destroys.
    private static func identity(of path: String) -> String? {
        var status = stat()
        if stat(path, &status) == 0 {
            return status.st_mode & S_IFMT == S_IFREG ? "\(status.st_dev):\(status.st_ino)" : nil
        }
        // A file that isn't there yet has a folder that is.
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        guard stat(folder, &status) == 0 else { return nil }
        return "\(status.st_dev):\(status.st_ino)/\(name)"
    }
}
