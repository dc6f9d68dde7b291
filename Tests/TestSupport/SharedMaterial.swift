public import Foundation

/// Captures, corpora and oracles that lie beside the repository on the machines that have them.
public enum SharedMaterial {
    /// `../shared` from the repository's root.
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")

    public static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }
}
