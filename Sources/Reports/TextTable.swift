/// Columns of text, as wide as their widest cell, two spaces apart; no line ends in blanks.
struct TextTable {
    enum Alignment { case left, right }

    private let alignments: [Alignment]
    /// A row of one cell stands by itself, whatever the columns.
    private var rows: [[String]] = []

    init(_ alignments: [Alignment]) { self.alignments = alignments }

    /// - Precondition: as many cells as columns, which are more than one.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == alignments.count)
        rows.append(cells)
    }

    /// A line across all columns.
    mutating func add(heading: String) { rows.append([heading]) }

    /// The rows, each line behind `indent` spaces.
    func lines(indent: Int = 2) -> [String] {
        let cells = rows.filter { $0.count == alignments.count }
        let widths = alignments.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = String(repeating: " ", count: indent)
            if row.count != alignments.count { return line + row[0] }
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += alignments[column] == .left ? cell + padding : padding + cell
                if column < row.count - 1 { line += "  " }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}

extension UInt64 {
    /// With commas between groups of three digits.
    var grouped: String {
        var text = ""
        for (index, digit) in String(self).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// As a share of `total`, such as `12.5 %`; empty if there is no total.
    func share(of total: UInt64) -> String {
        guard total > 0 else { return "" }
        let tenths = (Double(self) / Double(total) * 1000).rounded()
        if self > 0, tenths < 1 { return "<0.1 %" }
        if self < total, tenths > 999 { return ">99.9 %" }
        return "\(Int(tenths) / 10).\(Int(tenths) % 10) %"
    }
}
