import Diagnostics
import Engine
import Packets
public import Replay
import RuleModel

/// What a replay found, as a page: everything in it is an aggregate, so that its size doesn't grow with the captures.
public struct ReplayPage {
    /// What was replayed, as far as the results don't say it.
    public struct Source {
        public var captures: [String]
        /// Whose firewall it is, and how that is known.
        public var host: String
        /// Which frames were taken, where not all were.
        public var selection: String?

        public init(captures: [String], host: String, selection: String?) {
            self.captures = captures
            self.host = host
            self.selection = selection
        }
    }

    let summary: ReplaySummary
    let timeline: ReplayTimeline
    let book: RuleBook
    private let source: Source
    private let notes: [String]
    private let shortfalls: [String]

    /// - Parameters:
    ///   - notes: what was inferred or left out, a sentence each.
    ///   - shortfalls: why these are not the results of whole captures, a sentence each.
    public init(
        _ summary: ReplaySummary, _ timeline: ReplayTimeline, _ book: RuleBook, source: Source,
        notes: [String],
        shortfalls: [String]
    ) {
        self.summary = summary
        self.timeline = timeline
        self.book = book
        self.source = source
        self.notes = notes
        self.shortfalls = shortfalls
    }

    /// The page as HTML, in UTF-8 when it is written.
    public func text(ipv4: RuleCounts, ipv6: RuleCounts) -> String {
        let families = [(book.ipv4, ipv4), (book.ipv6, ipv6)].compactMap { rules, counters in
            rules.map {
                RuleSection(
                    $0.ruleSet, book, counters, familyTotal: summary.total($0.family).packets,
                    showsPossible: showsPossible)
            }
        }
        let anchors = RuleAnchors(families)
        var sections = [
            HTMLPage.Section("Verdicts", id: "verdicts") { verdicts() },
            HTMLPage.Section("Over time", id: "time") { TimelineChart(timeline).nodes },
            HTMLPage.Section("Dropped most", id: "drops") { drops(anchors) },
        ]
        if !summary.answers.isEmpty {
            sections.append(HTMLPage.Section("Answers of the host", id: "answers") { answers() })
        }
        if !families.isEmpty {
            sections.append(
                HTMLPage.Section("Rules", id: "rules") {
                    RuleSection.legend(families)
                    for family in families { family.nodes }
                })
        }
        sections.append(HTMLPage.Section("Connection states", id: "states") { states() })
        if !notes.isEmpty {
            sections.append(
                HTMLPage.Section("Notes", id: "notes") {
                    element(.ul, .class("notes")) { for note in notes { element(.li) { note } } }
                })
        }
        return HTMLPage(title: title, lead: lead, sections: sections).text
    }

    /// Whether packets are counted once more without those that couldn't have happened.
    private var showsPossible: Bool { summary.impossiblePackets > 0 }

    // MARK: Head

    private var title: String {
        let names = source.captures
        guard names.count == 1 else { return "Replay of \(names.count) captures" }
        return "Replay of \(names[0].split(separator: "/").last.map(String.init) ?? names[0])"
    }

    @HTMLBuilder private var lead: [HTMLNode] {
        element(.p, .class("lead")) {
            "\(summary.frames.grouped) frame\(summary.frames == 1 ? "" : "s")"
            if let span = summary.spanText { ", \(span)" }
        }
        for shortfall in shortfalls {
            element(.p, .class("warning")) {
                element(.strong) { "Not the whole capture. " }
                shortfall
            }
        }
        element(.dl, .class("facts")) {
            for rules in [book.ipv4, book.ipv6].compactMap({ $0?.ruleSet }) {
                element(.dt) { "\(rules.family.words) rules" }
                element(.dd) { element(.code) { rules.file.name } }
            }
            element(.dt) { source.captures.count == 1 ? "Capture" : "Captures" }
            for capture in source.captures { element(.dd) { element(.code) { capture } } }
            element(.dt) { "Firewall" }
            element(.dd) { source.host }
            if let selection = source.selection {
                element(.dt) { "Only" }
                element(.dd) { selection }
            }
        }
    }

    // MARK: Verdicts

    @HTMLBuilder private func verdicts() -> [HTMLNode] {
        let rows = summary.verdictRows
        if summary.frames > 0 {
            element(.div, .class("stack"), .hiddenFromReaders) {
                for row in rows where row.frames > 0 {
                    element(
                        .span, .class(VerdictStyle.name(row.name)),
                        .share(Double(row.frames) / Double(summary.frames)))
                }
            }
        }
        if showsPossible {
            element(.p, .class("soft small")) {
                "Of the \(summary.frames.grouped) frames, \(summary.impossiblePackets.grouped) could not have happened: "
                "they depend on packets that were dropped. “Possible” leaves them out, here and at the rules."
            }
        }
        element(.table, .class("folding")) {
            headings(
                ["Verdict", "Packets", "Share", "Bytes"] + (showsPossible ? ["Possible"] : []) + ["Reasons"],
                numbers: 1...(showsPossible ? 4 : 3))
            element(.tbody) {
                for row in rows {
                    element(.tr) {
                        element(.th, .scope(.row)) { VerdictStyle.badge(row.name) }
                        element(.td, .class("number")) { row.frames.grouped }
                        element(.td, .class("number")) { row.frames.share(of: summary.frames) }
                        element(.td, .class("number")) { row.bytes?.grouped ?? "" }
                        if showsPossible {
                            element(.td, .class("number")) { (row.frames - row.impossible).grouped }
                        }
                        element(.td, .class("remarks")) { row.remark }
                    }
                }
            }
        }
    }

    private func answers() -> HTMLNode {
        element(.table, .class("figures")) {
            element(.caption) { "Made here, and sent through OUTPUT" }
            headings(["Answer", "Verdict", "Packets", "Bytes"], numbers: 2...3)
            element(.tbody) {
                for row in summary.answerRows {
                    element(.tr) {
                        element(.th, .scope(.row)) { row.kind.name }
                        element(.td) { VerdictStyle.badge(row.kind.verdict.rawValue) }
                        element(.td, .class("number")) { row.total.packets.grouped }
                        element(.td, .class("number")) { row.total.bytes.grouped }
                    }
                }
            }
        }
    }
}

extension AddressFamily {
    var words: String { self == .ipv4 ? "IPv4" : "IPv6" }
}
