/// A pattern for a whole text: literal bytes, `?`, `*` and `**`.
///
/// Matching takes time proportional to the pattern's length times the text's, whatever they are.
public struct TextPattern: Hashable, Sendable {
    /// As the policy writes it.
    public let source: String
    private let ignoresCase: Bool
    /// `*` and `?` don't match it; nil for none.
    private let separator: UInt8?
    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        case byte(UInt8)
        /// One byte that isn't the separator.
        case one
        /// Any number of bytes that aren't the separator.
        case many
        /// Any number of bytes.
        case all
    }

    /// - Parameter separator: `.` for names of hosts, `/` for paths.
    public init(glob: String, separator: Character? = nil, ignoresCase: Bool = false) {
        source = glob
        self.ignoresCase = ignoresCase
        self.separator = separator?.asciiValue
        var parts: [Part] = []
        for byte in glob.utf8 {
            switch byte {
            case UInt8(ascii: "*"):
                if parts.last == .many {
                    parts[parts.count - 1] = .all
                } else if parts.last != .all {
                    parts.append(.many)
                }
            case UInt8(ascii: "?"): parts.append(.one)
            default: parts.append(.byte(ignoresCase ? TextPattern.lowercase(byte) : byte))
            }
        }
        self.parts = parts
    }

    public func matches(_ text: String) -> Bool {
        // The states are places in the pattern; the last is its end.
        var states = [Bool](repeating: false, count: parts.count + 1)
        states[0] = true
        skipEmpty(&states)
        for byte in text.utf8 {
            let byte = ignoresCase ? TextPattern.lowercase(byte) : byte
            var next = [Bool](repeating: false, count: parts.count + 1)
            for (index, part) in parts.enumerated() where states[index] {
                switch part {
                case .byte(let wanted): if byte == wanted { next[index + 1] = true }
                case .one: if byte != separator { next[index + 1] = true }
                case .many: if byte != separator { next[index] = true }
                case .all: next[index] = true
                }
            }
            skipEmpty(&next)
            states = next
        }
        return states[parts.count]
    }

    private func skipEmpty(_ states: inout [Bool]) {
        for (index, part) in parts.enumerated() where states[index] && (part == .many || part == .all) {
            states[index + 1] = true
        }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
