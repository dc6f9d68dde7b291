/// What content is, by its first bytes.
enum ContentMagic {
    enum Answer: Equatable {
        /// More bytes would tell.
        case undecided
        /// Its names; none if it is unknown.
        case names([String])
    }

    private static let signatures: [(name: String, bytes: [UInt8])] = [
        ("elf", [0x7f, 0x45, 0x4c, 0x46]),
        ("macho", [0xfe, 0xed, 0xfa, 0xce]), ("macho", [0xfe, 0xed, 0xfa, 0xcf]),
        ("macho", [0xce, 0xfa, 0xed, 0xfe]), ("macho", [0xcf, 0xfa, 0xed, 0xfe]),
        // A universal binary, and a class of Java: the version behind it would tell.
        ("macho", [0xca, 0xfe, 0xba, 0xbe]), ("java", [0xca, 0xfe, 0xba, 0xbe]),
        ("zip", [0x50, 0x4b, 0x03, 0x04]), ("zip", [0x50, 0x4b, 0x05, 0x06]),
        ("gzip", [0x1f, 0x8b]), ("bzip2", Array("BZh".utf8)),
        ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), ("zstd", [0x28, 0xb5, 0x2f, 0xfd]),
        ("7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), ("rar", Array("Rar!\u{1a}\u{07}".utf8)),
        ("pdf", Array("%PDF-".utf8)), ("png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
        ("jpeg", [0xff, 0xd8, 0xff]), ("gif", Array("GIF87a".utf8)), ("gif", Array("GIF89a".utf8)),
        ("ole", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), ("wasm", [0x00, 0x61, 0x73, 0x6d]),
        ("script", Array("#!".utf8)),
    ]

    /// The name of what is behind a content coding that isn't known here.
    static let encoded = "encoded"

    /// The words of `response-magic`.
    static let names: [String] = Array(Set(signatures.map(\.name)).union(["pe", encoded])).sorted()

    /// How many bytes it takes at most.
    static let prefixLength = 64

    /// - Parameter isWhole: whether there won't be more.
    static func identify(_ bytes: [UInt8], isWhole: Bool) -> Answer {
        if bytes.isEmpty && !isWhole { return .undecided }
        let found = signatures.filter { bytes.starts(with: $0.bytes) }.map(\.name)
        if !found.isEmpty { return .names(found) }
        if bytes.starts(with: "MZ".utf8) {
            // DOS, Windows: text may start with these letters, but has no such bytes behind them.
            let header = bytes.prefix(prefixLength)
            if header.contains(where: { $0 < 0x09 || ($0 > 0x0d && $0 < 0x20) || $0 >= 0x7f }) {
                return .names(["pe"])
            }
            return header.count < prefixLength && !isWhole ? .undecided : .names([])
        }
        let couldBe = signatures.contains { $0.bytes.starts(with: bytes) } || bytes == [UInt8(ascii: "M")]
        return couldBe && !isWhole ? .undecided : .names([])
    }

    /// Whether something that runs would belie the type: the content is looked at then.
    static func contradictable(_ type: String?) -> Bool {
        guard let type else { return false }
        return ["image/", "audio/", "video/", "font/", "text/"].contains { type.hasPrefix($0) }
            || ["application/json", "application/pdf"].contains(type)
    }

    /// Whether it is a program under the type of something that doesn't run.
    static func contradicts(_ names: [String], _ type: String?) -> Bool {
        contradictable(type) && names.contains { ["elf", "pe", "macho"].contains($0) }
    }
}
