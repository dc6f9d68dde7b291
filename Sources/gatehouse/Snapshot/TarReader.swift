import Captures

/// The entries of a tar archive (POSIX.1 `pax`, "ustar Interchange Format"), plain or compressed, of at most `limit` bytes.
/// Extended headers are passed over as entries of another kind: a name of over 255 bytes is cut.
struct TarReader: ~Copyable {
    struct Entry {
        enum Kind { case file, folder, link, other }

        var name: String
        var kind: Kind
        /// In bytes.
        var size: Int
    }

    static let block = 512
    private static let limit = 256 << 20

    private var file: DecompressedFile
    private let path: String
    private var bytesRead = 0
    /// Bytes of the current entry, with those that fill its last block, that weren't read yet.
    private var rest = 0

    init(path: String) throws(Failure) {
        self.path = path
        do {
            file = try DecompressedFile(path: path)
        } catch {
            throw .input(error.description)
        }
    }

    /// Whether a file begins as a tar archive does.
    static func recognizes(_ path: String) -> Bool {
        guard var file = try? DecompressedFile(path: path), let block = try? file.read(TarReader.block) else {
            return false
        }
        return TarHeader(block) != nil
    }

    /// The next entry; nil at the archive's end.
    mutating func next() throws(Failure) -> Entry? {
        while rest > 0 { _ = try take(min(rest, 1 << 16)) }
        let block = try take(TarReader.block)
        if block.allSatisfy({ $0 == 0 }) {
            // What follows is only read for the compression's own check.
            while try !read(1 << 16).isEmpty {}
            return nil
        }
        guard let header = TarHeader(block) else { throw fault("a header with a wrong checksum") }
        guard let size = header.size, size <= TarReader.limit else { throw fault("an entry of over 256 MiB") }
        rest = (size + TarReader.block - 1) / TarReader.block * TarReader.block
        return Entry(name: header.name, kind: header.kind, size: size)
    }

    /// The bytes of the current entry, whose `next` was called last.
    mutating func contents(_ entry: Entry) throws(Failure) -> [UInt8] {
        let bytes = try take(rest)
        return Array(bytes.prefix(entry.size))
    }

    private mutating func take(_ count: Int) throws(Failure) -> [UInt8] {
        let bytes = try read(count)
        guard bytes.count == count else { throw fault("an end in the middle of an entry") }
        rest -= min(rest, count)
        return bytes
    }

    private mutating func read(_ count: Int) throws(Failure) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try file.read(count)
        } catch {
            throw .input(error.description)
        }
        bytesRead += bytes.count
        guard bytesRead <= TarReader.limit else { throw fault("over 256 MiB") }
        return bytes
    }

    private func fault(_ text: String) -> Failure { .input("\(path): the archive has \(text)") }
}

/// One block that describes the entry behind it.
private struct TarHeader {
    var name: String
    var kind: TarReader.Entry.Kind
    /// Nil for numbers that tar can't hold in its digits, or that are none.
    var size: Int?

    /// Nil if it is none.
    init?(_ block: [UInt8]) {
        guard block.count == TarReader.block, block[257..<262].elementsEqual("ustar".utf8) else { return nil }
        func text(_ range: Range<Int>) -> String {
            String(decoding: block[range].prefix { $0 != 0 }, as: UTF8.self)
        }
        func number(_ range: Range<Int>) -> Int? {
            let digits = block[range].drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
            return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
        }
        // The checksum is that of the block with blanks in its place.
        let sum = block.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 0x20 : Int(block[$1])) }
        guard number(148..<156) == sum else { return nil }
        let prefix = block[262] == 0 ? text(345..<500) : ""
        name = prefix.isEmpty ? text(0..<100) : prefix + "/" + text(0..<100)
        size = number(124..<136).flatMap { $0 < 0 ? nil : $0 }
        switch block[156] {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = .file
        case UInt8(ascii: "1"), UInt8(ascii: "2"): kind = .link
        case UInt8(ascii: "5"): kind = .folder
        default: kind = .other
        }
        // A link's or folder's size says nothing of what follows.
        if kind == .link || kind == .folder { size = 0 }
    }
}
