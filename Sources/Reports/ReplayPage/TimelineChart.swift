import Replay

/// Verdicts over time as stacked bars, with the same figures as a table.
struct TimelineChart {
    private typealias Kind = ReplayTimeline.Kind

    private static let plot = (width: 960.0, height: 180.0)
    /// Steps of the time axis at most: more don't fit into a narrow window.
    private static let steps: UInt64 = 5

    private let timeline: ReplayTimeline
    /// Those that there are any of.
    private let kinds: [Kind]
    private let totals: [UInt64]
    private let largest: UInt64

    init(_ timeline: ReplayTimeline) {
        self.timeline = timeline
        let bins = 0..<timeline.binCount
        kinds = Kind.allCases.filter { kind in bins.contains { timeline.count(kind, inBin: $0) > 0 } }
        totals = bins.map { bin in Kind.allCases.reduce(0) { $0 + timeline.count($1, inBin: bin) } }
        largest = TimelineChart.ceiling(totals.max() ?? 1)
    }

    /// The axis ends at a round number that has a half.
    private static func ceiling(_ count: UInt64) -> UInt64 {
        var unit: UInt64 = 1
        while count / unit >= 20 { unit *= 10 }
        // Two digits, the second even.
        let tens = (count + unit - 1) / unit
        return (tens + tens % 2) * unit
    }

    @HTMLBuilder var nodes: [HTMLNode] {
        if let start = timeline.start {
            let width = TimeScale.words(timeline.width)
            element(.ul, .class("legend"), .label("Colours")) {
                for kind in kinds { element(.li) { VerdictStyle.badge(kind.verdictName) } }
            }
            element(.figure, .label("Frames over time, by verdict")) {
                element(.div, .class("chart")) {
                    element(.div, .class("y-axis"), .hiddenFromReaders) {
                        element(.span) { largest.grouped }
                        element(.span) { (largest / 2).grouped }
                        element(.span) { "0" }
                    }
                    plot
                    element(.div, .class("x-axis"), .hiddenFromReaders) {
                        for tick in ticks {
                            element(.span, .share(Double(tick) / Double(span))) { TimeScale.words(tick) }
                        }
                    }
                }
                element(.p, .class("axis-title")) {
                    "Frames per \(width), over the time since \(start.calendarText)"
                }
            }
            if timeline.earlierFrames > 0 {
                element(.p, .class("soft small")) {
                    "\(timeline.earlierFrames.grouped) frames bear a time before the first frame's; the first bar holds "
                    "them."
                }
            }
            element(.details) {
                element(.summary) { "The same as a table" }
                element(.div, .class("wide"), .label("Frames over time"), .focusable) { table(width) }
            }
        } else {
            element(.p, .class("soft")) { "There were no frames." }
        }
    }

    private var span: UInt64 { timeline.width * UInt64(timeline.binCount) }

    private var ticks: [UInt64] {
        let step = TimeScale.step(through: span, atMost: TimelineChart.steps)
        // The last one has to leave its label room.
        return (0...span / step).map { $0 * step }.filter { Double($0) <= Double(span) * 0.96 }
    }

    private var plot: HTMLNode {
        let (width, height) = TimelineChart.plot
        let column = width / Double(timeline.binCount)
        return element(
            .svg, .viewBox(width: width, height: height), .stretched, .imageRole,
            .label("Stacked bars; the table below has the same figures")
        ) {
            for part in [0, 0.5, 1] {
                element(.line, .x1(0), .x2(width), .y1(height * part), .y2(height * part))
            }
            for bin in 0..<timeline.binCount where totals[bin] > 0 {
                element(.g) {
                    element(.title) { words(bin) }
                    bars(bin, x: Double(bin) * column, width: max(min(column * 0.82, 24), 1))
                }
            }
        }
    }

    private func bars(_ bin: Int, x: Double, width: Double) -> [HTMLNode] {
        let height = TimelineChart.plot.height
        var below = 0.0
        return kinds.compactMap { kind in
            let count = timeline.count(kind, inBin: bin)
            guard count > 0 else { return nil }
            let bar = Double(count) / Double(largest) * height
            below += bar
            return element(
                .rect, .class(VerdictStyle.name(kind.verdictName)), .x(x), .y(height - below), .width(width),
                .height(bar))
        }
    }

    private func words(_ bin: Int) -> String {
        let counts = kinds.filter { timeline.count($0, inBin: bin) > 0 }
            .map { "\($0.verdictName) \(timeline.count($0, inBin: bin).grouped)" }
        return "From \(TimeScale.words(timeline.width * UInt64(bin))): " + counts.joined(separator: ", ")
    }

    private func table(_ width: String) -> HTMLNode {
        element(.table, .class("figures")) {
            element(.caption) {
                "Frames in each \(width), from the time in the first column; empty ones are left out"
            }
            headings(["From"] + kinds.map(\.verdictName), numbers: 0...kinds.count)
            element(.tbody) {
                for bin in 0..<timeline.binCount where totals[bin] > 0 {
                    element(.tr) {
                        element(.th, .scope(.row), .class("number")) {
                            TimeScale.words(timeline.width * UInt64(bin))
                        }
                        for kind in kinds {
                            element(.td, .class("number")) { timeline.count(kind, inBin: bin).grouped }
                        }
                    }
                }
            }
        }
    }
}

extension ReplayTimeline.Kind {
    fileprivate var verdictName: String {
        switch self {
        case .accept: "ACCEPT"
        case .drop: "DROP"
        case .reject: "REJECT"
        case .routedAway: "ROUTED-AWAY"
        case .other: "no verdict"
        }
    }
}
