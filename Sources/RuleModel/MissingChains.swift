import Diagnostics

/// The chains of a table that rules name and nobody made. Each is reported once, however many rules name it.
struct MissingChains {
    private struct Report {
        /// In the collector's diagnostics.
        let index: Int
        /// Where else it is named, from 1.
        var lines: [Int] = []
    }

    private var reports: [String: Report] = [:]
    /// Whether a line that couldn't be read may have made any of them: then none is reported.
    var mayBeMade = false

    /// Notes a name that is missing.
    /// - Returns: whether it is to be reported now, as the next diagnostic.
    mutating func add(_ name: String, line: Int, _ diagnostics: DiagnosticCollector) -> Bool {
        if mayBeMade || diagnostics.isFull { return false }
        guard reports[name] == nil else {
            reports[name]?.lines.append(line)
            return false
        }
        reports[name] = Report(index: diagnostics.diagnostics.count)
        return true
    }

    /// Says with each report where else the name stands.
    func finish(_ diagnostics: inout DiagnosticCollector) {
        for report in reports.values.sorted(by: { $0.index < $1.index }) where !report.lines.isEmpty {
            let shown = report.lines.prefix(5).map(String.init).joined(separator: ", ")
            let rest = report.lines.count > 5 ? " and \(report.lines.count - 5) more" : ""
            let noun = report.lines.count == 1 ? "line" : "lines"
            diagnostics.append(.init("\(noun) \(shown)\(rest) too"), to: report.index)
        }
    }
}
