import Replay

/// What a replay of sessions left out or took for granted, a sentence each.
struct SessionNotes {
    private(set) var all: [String] = []

    init(_ summary: SessionSummary) {
        func packets(_ count: UInt64) -> String { count == 1 ? "1 packet" : "\(count) packets" }
        if let fragments = summary.other["fragment"] {
            all.append(
                "\(packets(fragments)) are fragments that waited for the rest of their packet: only the one that makes "
                    + "it whole is counted in a session")
        }
        if summary.cut > 0 {
            all.append(
                "\(packets(summary.cut)) were cut by the capture: what they carried is missing in the sessions"
            )
        }
        if summary.offloaded > 0 {
            all.append(
                "\(packets(summary.offloaded)) have checksums that a network card was to fill in, and count as good "
                    + "(--checksum verify takes them as they are)")
        }
    }
}
