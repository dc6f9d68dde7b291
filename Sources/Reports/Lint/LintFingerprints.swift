import Diagnostics
import Linter
import RuleModel

/// What stays the same for a finding while lines come and go around it: a hash of its code, its file, its chain and
/// its source line, and the how-manieth of these it is.
struct LintFingerprints {
    private var counts: [UInt64: Int] = [:]

    mutating func fingerprint(_ finding: Finding, in report: LintReport) -> String {
        let file = report.file
        let line = file.range(ofLine: file.position(of: finding.range.lower).line)
        let parts = [
            finding.lint.code, file.name, finding.subject?.table.rawValue ?? "", finding.subject?.chain ?? "",
        ]
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in parts { LintFingerprints.add(Array(part.utf8), to: &hash) }
        LintFingerprints.add(file.bytes[line.lower..<line.upper], to: &hash)
        let count = counts[hash, default: 0] + 1
        counts[hash] = count
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits + ":\(count)"
    }

    /// FNV-1a, and a separator that no text has.
    private static func add(_ bytes: some Sequence<UInt8>, to hash: inout UInt64) {
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
}
