/// `line 3`, `lines 3 and 4`, `lines 3, 4 and 5`, `lines 3, 4, 5 and 7 more`
func listed(lines: [Int]) -> String {
    guard let last = lines.last else { return "no line" }
    if lines.count == 1 { return "line \(last)" }
    let shown = lines.count > 6 ? lines.prefix(5).map(String.init) : lines.dropLast().map(String.init)
    let end = lines.count > 6 ? "\(lines.count - 5) more" : "\(last)"
    return "lines \(shown.joined(separator: ", ")) and \(end)"
}
