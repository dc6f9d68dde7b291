/// Finds what a misspelt word was meant to be.
public enum Spelling {
    /// The candidate nearest to a word by optimal string alignment (insertion, deletion, substitution, and
    /// transposition of neighbours cost 1 each); nil if the nearest is farther than a third of the word's length.
    /// Among equals the first wins. A word of more than 64 bytes has none.
    public static func closest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.utf8)
        guard !letters.isEmpty, letters.count <= 64 else { return nil }
        var best: String?
        var bestDistance = max(1, letters.count / 3) + 1
        for candidate in candidates {
            if candidate == word { return candidate }
            let other = Array(candidate.utf8)
            guard abs(other.count - letters.count) < bestDistance else { continue }
            let distance = distance(letters, other)
            if distance < bestDistance {
                best = candidate
                bestDistance = distance
            }
        }
        return best
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(
                    last[j + 1] + 1, row[j] + 1, last[j] + (lowercase(a[i]) == lowercase(b[j]) ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
