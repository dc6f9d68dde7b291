import Captures
import Glibc

/// The files of a host snapshot: those of a folder, or of a tar archive that holds one.
struct SnapshotFiles {
    /// Of the folder or archive.
    let path: String
    /// What an archive holds, by name; nil for a folder.
    private let archived: [String: [UInt8]]?

    /// The files that a snapshot may hold.
    static let names = [
        "rules.v4", "rules.v6", "ipset.save", "addr.json", "maddr.json", "route.json", "route6.json",
        "rule.json", "rule6.json", "sysctl.conf", "snapshot.txt",
    ]

    /// Nil if the path leads neither to a folder nor to an archive.
    init?(_ path: String) throws {
        self.path = path
        if InputFile.isFolder(path) {
            archived = nil
        } else if InputFile.isRegular(path), TarReader.recognizes(path) {
            archived = try SnapshotFiles.unpack(path)
        } else {
            return nil
        }
    }

    var isArchive: Bool { archived != nil }

    /// Of all files that it may hold, in a folder.
    var paths: [String] { archived == nil ? SnapshotFiles.names.map { path(of: $0) } : [] }

    /// Nil if there is no such file.
    func read(_ name: String) throws -> [UInt8]? {
        if let archived { return archived[name] }
        let path = path(of: name)
        return InputFile.exists(path) ? try InputFile.read(path) : nil
    }

    func has(_ name: String) -> Bool {
        archived.map { $0[name] != nil } ?? InputFile.exists(path(of: name))
    }

    /// What messages call a file; where it is, in a folder.
    func path(of name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

    private static func unpack(_ path: String) throws -> [String: [UInt8]] {
        var reader = try TarReader(path: path)
        var files: [String: [UInt8]] = [:]
        var folder: String?
        while let entry = try reader.next() {
            let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false).filter {
                $0 != "."
            }
            guard parts.first != "", !parts.contains("..") else {
                throw Failure.input("\(path): the archive has a path that leads out of it: \(entry.name)")
            }
            guard let name = parts.last.map(String.init), names.contains(name), entry.kind != .folder else {
                continue
            }
            guard entry.kind == .file else {
                throw Failure.input("\(path): \(entry.name) is a link or a device in the archive, not a file")
            }
            let place = parts.dropLast().joined(separator: "/")
            guard folder == nil || folder == place else {
                throw Failure.input("\(path): the archive has files of a snapshot in more than one folder")
            }
            folder = place
            files[name] = try reader.contents(entry)
        }
        return files
    }
}
