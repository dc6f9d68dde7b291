import Diagnostics
import Packets
import RuleSyntax

/// What stands behind the element of an `add` or `del`.
struct EntryOptions {
    var extras = NewExtras()
    var isExcluded = false
    var isWildcard = false
    /// Of a list's member: next to which other.
    var place: (isBefore: Bool, name: Word)?
}

/// Reads the options of one `add` or `del`.
struct EntryOptionReader {
    private let type: SetType
    private let set: SetOptions
    private var words: ArraySlice<Word>
    private let isAdding: Bool
    private(set) var diagnostics: DiagnosticCollector
    private var options = EntryOptions()
    private var seen: Set<String> = []

    init(
        _ type: SetType, _ set: SetOptions, _ words: ArraySlice<Word>, isAdding: Bool,
        _ diagnostics: DiagnosticCollector
    ) {
        self.type = type
        self.set = set
        self.words = words
        self.isAdding = isAdding
        self.diagnostics = diagnostics
    }

    /// Nil if something is wrong with them.
    mutating func read() -> EntryOptions? {
        let errorsBefore = diagnostics.errorCount
        while let word = words.popFirst() {
            let name = word.text.hasPrefix("--") ? String(word.text.dropFirst(2)) : word.text
            guard names.contains(name) else {
                diagnostics.error(
                    "\(isAdding ? "add" : "del") has no option \"\(word.text)\" for a set of the type \(type.rawValue)",
                    at: word.range, suggestion: Spelling.closest(to: name, among: names))
                return nil
            }
            if name == "nomatch" || name == "wildcard" {
                if name == "nomatch" { options.isExcluded = true } else { options.isWildcard = true }
                continue
            }
            guard let value = words.popFirst() else {
                diagnostics.error("\(name) needs a value", at: word.range)
                return nil
            }
            guard seen.insert(name).inserted else {
                diagnostics.error("\(name) stands twice", at: word.range)
                return nil
            }
            if isKept(name, word) { read(name, value) }
        }
        return diagnostics.errorCount == errorsBefore ? options : nil
    }

    private var names: [String] {
        let places = type.storage == .list ? ["before", "after"] : []
        guard isAdding else { return places }
        return ["timeout"] + (type.hasNetworks ? ["nomatch"] : [])
            + (type == .hashNetInterface ? ["wildcard"] : []) + places
            + ["packets", "bytes", "comment", "skbmark", "skbprio", "skbqueue"]
    }

    /// Whether the set was made to keep what the option gives.
    private mutating func isKept(_ name: String, _ word: Word) -> Bool {
        let (isKept, option) =
            switch name {
            case "timeout": (set.timeout != nil, "timeout SECONDS")
            case "packets", "bytes": (set.hasCounters, "counters")
            case "comment": (set.hasComments, "comment")
            case "skbmark", "skbprio", "skbqueue": (set.hasPacketInfo, "skbinfo")
            default: (true, "")
            }
        if !isKept {
            diagnostics.error("the set was made without \(option), so it keeps no \(name)", at: word.range)
        }
        return isKept
    }

    private mutating func read(_ name: String, _ value: Word) {
        switch name {
        case "timeout":
            options.extras.timeout = number(value, upTo: 2_147_483).map(UInt32.init)
        case "packets": options.extras.packets = number(value, upTo: .max - 1)
        case "bytes": options.extras.bytes = number(value, upTo: .max - 1)
        case "comment":
            if value.text.utf8.count > 255 {
                diagnostics.error("a comment may be at most 255 bytes long", at: value.range)
            } else if value.text.utf8.contains(UInt8(ascii: "\"")) {
                diagnostics.error("a comment can't hold double quotes", at: value.range)
            }
            options.extras.comment = value.text
        case "before", "after": options.place = (name == "before", value)
        default: readPacketInfo(name, value)
        }
    }

    private mutating func readPacketInfo(_ name: String, _ value: Word) {
        var info = options.extras.packetInfo ?? PacketInfo()
        switch name {
        case "skbmark":
            let parts = value.text.split(separator: "/", omittingEmptySubsequences: false).map(
                Self.hexadecimal)
            guard parts.count <= 2, let mark = parts[0], let mask = parts.count == 2 ? parts[1] : .max else {
                diagnostics.error("an skbmark looks like 0x10 or 0x10/0xff", at: value.range)
                return
            }
            (info.mark, info.markMask) = (mark, mask)
        case "skbprio":
            let parts = value.text.split(separator: ":", omittingEmptySubsequences: false).map {
                UInt16($0, radix: 16)
            }
            guard parts.count == 2, let major = parts[0], let minor = parts[1] else {
                diagnostics.error("an skbprio looks like 1:10, in hexadecimal", at: value.range)
                return
            }
            info.priority = UInt32(major) << 16 | UInt32(minor)
        default:
            guard let queue = number(value, upTo: UInt64(UInt16.max)) else { return }
            info.queue = UInt16(queue)
        }
        options.extras.packetInfo = info
    }

    /// A number of at most 32 bits with `0x` before it.
    private static func hexadecimal(_ text: Substring) -> UInt32? {
        guard text.hasPrefix("0x"), text.utf8.count > 2 else { return nil }
        return UInt32(text.dropFirst(2), radix: 16)
    }

    private mutating func number(_ word: Word, upTo maximum: UInt64) -> UInt64? {
        guard let number = parseNumber(word.text), number <= maximum else {
            diagnostics.error(
                "a number from 0 to \(maximum) belongs here, not \"\(word.text)\"", at: word.range)
            return nil
        }
        return number
    }
}
