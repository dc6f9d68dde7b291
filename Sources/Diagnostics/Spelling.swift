/// Finds what a misspelt word was meant to be.
public enum Spelling {
    /// Candidates beyond these aren't looked at: a file that names a hundred thousand chains, and misspells as many, is
    /// to be read in seconds.
    public static let mostCandidates = 10_000

    /// The candidate nearest to a word by optimal string alignment (insertion, deletion, substitution, and
    /// transposition of neighbours cost 1 each); nil if the nearest is farther than a third of the word's length.
    /// Among equals the first wins. A word of more than 64 bytes has none.
    public static func closest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.utf8)
        guard !letters.isEmpty, letters.count <= 64 else { return nil }
        var best: String?
        var bestDistance = max(1, letters.count / 3) + 1
        for candidate in candidates.lazy.prefix(mostCandidates) {
            if candidate == word { return candidate }
            guard abs(candidate.utf8.count - letters.count) < bestDistance else { continue }
            let distance = distance(letters, Array(candidate.utf8), under: bestDistance)
            if distance < bestDistance {
                best = candidate
                bestDistance = distance
            }
        }
        return best
    }

    /// - Parameter limit: any distance from it on is as good as it.
    private static func distance(_ a: [UInt8], _ b: [UInt8], under limit: Int) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        var row = last
        var leastOfLast = 0
        for i in 0..<a.count {
            row[0] = i + 1
            var least = row[0]
            for j in 0..<b.count {
                var cost = min(
                    last[j + 1] + 1, row[j] + 1, last[j] + (lowercase(a[i]) == lowercase(b[j]) ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row[j + 1] = cost
                least = min(least, cost)
            }
            // A transposition may build on the row before.
            guard min(least, leastOfLast) < limit else { return limit }
            leastOfLast = least
            (beforeLast, last, row) = (last, row, beforeLast)
        }
        return last[b.count]
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
