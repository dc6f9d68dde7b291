/// Makes a case that fails smaller, as long as it still fails: halves of its packets and rules, then quarters, down to single
/// ones (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input).
struct CaseShrinker {
    /// The most cases that are tried.
    var trials = 250
    private(set) var smallest: RandomCase
    private(set) var disagreement: KernelBench.Disagreement

    init(_ test: RandomCase, _ disagreement: KernelBench.Disagreement) {
        smallest = test
        self.disagreement = disagreement
        if let packet = disagreement.packet { smallest.packets.removeLast(test.packets.count - packet - 1) }
    }

    mutating func shrink(_ fails: (RandomCase) -> KernelBench.Disagreement?) {
        var before: Int
        repeat {
            before = size
            let packets = smallest.packets
            reduce(Array(packets.indices), fails) { test, kept in test.packets = kept.map { packets[$0] } }
            let lines = smallest.rules.split(separator: "\n").map(String.init)
            let rules = lines.indices.filter {
                lines[$0].hasPrefix("-A") && !lines[$0].hasPrefix(RandomRuleText.trackingRule)
            }
            reduce(rules, fails) { test, kept in
                let kept = Set(kept)
                let all = Set(rules)
                let left = lines.indices.filter { !all.contains($0) || kept.contains($0) }
                test.rules = left.map { lines[$0] + "\n" }.joined()
            }
        } while size < before && trials > 0
    }

    private var size: Int { smallest.packets.count + smallest.rules.utf8.count }

    private mutating func reduce(
        _ all: [Int], _ fails: (RandomCase) -> KernelBench.Disagreement?,
        _ keep: (inout RandomCase, [Int]) -> Void
    ) {
        var kept = all
        var chunk = max(1, kept.count / 2)
        while chunk >= 1, !kept.isEmpty {
            var start = 0
            while start < kept.count, trials > 0 {
                var fewer = kept
                fewer.removeSubrange(start..<min(kept.count, start + chunk))
                var test = smallest
                keep(&test, fewer)
                trials -= 1
                if let found = fails(test) {
                    kept = fewer
                    smallest = test
                    disagreement = found
                } else {
                    start += chunk
                }
            }
            if chunk == 1 || trials <= 0 { break }
            chunk /= 2
        }
    }

    /// What is left, to be read.
    var text: String {
        let packets = smallest.packets.enumerated().map { number, item in
            "\(number == disagreement.packet ? ">" : " ") \(item.interface ?? "own ") "
                + item.bytes(run: 0).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return ([disagreement.text] + packets).joined(separator: "\n") + "\n" + smallest.sets
            + smallest.rules.split(separator: "\n").filter {
                !$0.hasPrefix(":") || $0.hasSuffix("- [0:0]") || $0.contains("DROP")
            }
            .map { $0 + "\n" }.joined()
    }
}
