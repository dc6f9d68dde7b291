import Engine
import Replay
import Reports

/// `--report`: the page of a replay, and what is gathered for it alone.
struct ReplayReport {
    private let file: TextFile
    private let source: ReplayPage.Source
    private var timeline = ReplayTimeline()

    init(path: String, _ source: ReplayPage.Source) throws {
        file = try TextFile(path: path)
        self.source = source
    }

    mutating func add(_ result: PacketResult) { timeline.add(result) }

    func write(
        _ summary: ReplaySummary, _ session: borrowing ReplaySession, notes: [String], shortfalls: [String]
    ) throws {
        let page = ReplayPage(
            summary, timeline, session.book, source: source, notes: notes, shortfalls: shortfalls)
        try file.write(
            page.text(
                ipv4: RuleCounts(session.replayer.firewall.ipv4),
                ipv6: RuleCounts(session.replayer.firewall.ipv6)))
    }
}
