import Diagnostics
import Packets
public import Replay

/// What `capture check` found.
public struct CaptureCheckReport {
    private let examination: CaptureExamination
    private let captures: [String]
    private let findings: [CaptureFinding]

    /// - Parameter captures: the captures' names.
    public init(_ examination: CaptureExamination, captures: [String]) {
        self.examination = examination
        self.captures = captures
        findings = examination.findings()
    }

    public var changesAnswers: Bool { findings.contains { $0.kind.changesAnswers } }

    public func text() -> String {
        let names = captures.map(SafeText.line).joined(separator: ", ")
        var lines = ["\(examination.frames.grouped) frame\(examination.frames == 1 ? "" : "s") of \(names)"]
        lines[0] += ": \(examination.packets.ipv4.grouped) IPv4, \(examination.packets.ipv6.grouped) IPv6"
        for (heading, isChange) in [("Changes what a replay says", true), ("Good to know", false)] {
            let part = findings.filter { $0.kind.changesAnswers == isChange }
            if part.isEmpty { continue }
            lines += ["", heading]
            for finding in part {
                let place =
                    captures.count > 1
                    ? "frame \(finding.frame) of \(SafeText.line(captures[finding.capture]))"
                    : "frame \(finding.frame)"
                lines.append(
                    "  \(finding.count.grouped) \(finding.kind.words(finding.count))\(detail(finding.kind)) [\(finding.kind.rawValue)], the first at \(place)"
                )
                lines.append("      \(finding.kind.meaning)")
                if let advice = finding.kind.advice { lines.append("      what helps: \(advice)") }
            }
        }
        if findings.isEmpty { lines.append("Nothing to complain of") }
        if examination.untrackedConnections > 0 {
            lines += [
                "",
                "  \(examination.untrackedConnections.grouped) segments of connections beyond the first 65,536 were not looked at",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func detail(_ kind: CaptureFinding.Kind) -> String {
        switch kind {
        case .notIP:
            " (" + ReplaySummary.list(examination.notIP.map { ($0.key.rawValue, $0.value) }) + ")"
        case .malformed:
            " ("
                + ReplaySummary.list(
                    examination.malformed.filter {
                        $0.key != .headerCutByCapture && $0.key != .badHeaderChecksum
                    }.map { ($0.key.rawValue, $0.value) }) + ")"
        case .cutFrames: " (to \(examination.snapLength.grouped) bytes at most)"
        case .clockBack: " (\(examination.longestStepBack / 1_000_000_000) s at most)"
        default: ""
        }
    }

    /// One object, with a newline at its end.
    public func json() -> [UInt8] {
        let rows = findings.map { finding in
            JSONValue.object([
                .init(key: "kind", value: .string(finding.kind.rawValue)),
                .init(key: "count", value: JSONValue(Int(clamping: finding.count))),
                .init(key: "changes_answers", value: .bool(finding.kind.changesAnswers)),
                .init(key: "capture", value: .string(captures[finding.capture])),
                .init(key: "frame", value: JSONValue(Int(clamping: finding.frame))),
                .init(key: "meaning", value: .string(finding.kind.meaning)),
                .init(key: "advice", value: JSONValue(finding.kind.advice)),
            ])
        }
        let document = JSONValue.object([
            .init(key: "captures", value: .array(captures.map { .string($0) })),
            .init(key: "frames", value: JSONValue(Int(clamping: examination.frames))),
            .init(key: "ipv4", value: JSONValue(Int(clamping: examination.packets.ipv4))),
            .init(key: "ipv6", value: JSONValue(Int(clamping: examination.packets.ipv6))),
            .init(key: "changes_answers", value: .bool(changesAnswers)),
            .init(key: "findings", value: .array(rows)),
        ])
        var text: [UInt8] = []
        document.append(to: &text)
        text.append(UInt8(ascii: "\n"))
        return text
    }
}
