/// The difference of two texts as `diff -u` prints it, of lines that somebody has already paired.
public enum UnifiedDiff {
    /// One line with its newline; the last of a text may have none.
    public enum Line: Sendable {
        case kept([UInt8])
        case removed([UInt8])
        case added([UInt8])

        fileprivate var isKept: Bool {
            if case .kept = self { true } else { false }
        }
    }

    /// Lines around a change that don't change.
    private static let context = 3

    /// Nothing if all lines are kept.
    public static func text(_ lines: [Line], oldName: String, newName: String) -> [UInt8] {
        let lines = grouped(lines)
        var text: [UInt8] = []
        var old = 0
        var new = 0
        var index = 0
        while let next = lines[index...].firstIndex(where: { !$0.isKept }) {
            let lower = max(index, next - context)
            old += lower - index
            new += lower - index
            let upper = end(of: next, lines)
            if text.isEmpty { text += Array("--- \(oldName)\n+++ \(newName)\n".utf8) }
            appendHunk(lines[lower..<upper], &old, &new, to: &text)
            index = upper
        }
        return text
    }

    /// Where changes stand together, what is removed comes first.
    private static func grouped(_ lines: [Line]) -> [Line] {
        var result: [Line] = []
        result.reserveCapacity(lines.count)
        var added: [Line] = []
        for line in lines {
            switch line {
            case .added: added.append(line)
            case .removed: result.append(line)
            case .kept:
                result += added + [line]
                added = []
            }
        }
        return result + added
    }

    /// The end of the hunk that holds a change: behind the context of its last one.
    private static func end(of change: Int, _ lines: [Line]) -> Int {
        var last = change
        var index = change + 1
        while index < lines.count, index - last <= 2 * context {
            if !lines[index].isKept { last = index }
            index += 1
        }
        return min(lines.count, last + 1 + context)
    }

    private static func appendHunk(
        _ lines: ArraySlice<Line>, _ old: inout Int, _ new: inout Int, to text: inout [UInt8]
    ) {
        var (oldCount, newCount) = (0, 0)
        var body: [UInt8] = []
        for line in lines {
            switch line {
            case .kept(let bytes):
                (oldCount, newCount) = (oldCount + 1, newCount + 1)
                append(" ", bytes, to: &body)
            case .removed(let bytes):
                oldCount += 1
                append("-", bytes, to: &body)
            case .added(let bytes):
                newCount += 1
                append("+", bytes, to: &body)
            }
        }
        func range(_ start: Int, _ count: Int) -> String {
            let first = count == 0 ? start : start + 1
            return count == 1 ? "\(first)" : "\(first),\(count)"
        }
        text += Array("@@ -\(range(old, oldCount)) +\(range(new, newCount)) @@\n".utf8) + body
        old += oldCount
        new += newCount
    }

    private static func append(_ sign: Unicode.Scalar, _ line: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: sign))
        text += line
        if line.last != UInt8(ascii: "\n") { text += Array("\n\\ No newline at end of file\n".utf8) }
    }
}
