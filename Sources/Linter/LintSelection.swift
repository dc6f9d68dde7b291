import Diagnostics

/// Which lints are asked for: codes, and beginnings of codes such as `FW1` for all from FW100 to FW199.
public struct LintSelection: Sendable {
    private let selected: [String]?
    private let ignored: [String]

    /// - Parameter selected: nil for all.
    public init(selected: [String]? = nil, ignored: [String] = []) {
        self.selected = selected
        self.ignored = ignored
    }

    /// The longer of two entries that fit wins; of two equal ones `ignored`.
    public func includes(_ code: String) -> Bool {
        func longest(_ entries: [String]) -> Int? { entries.filter(code.hasPrefix).map(\.utf8.count).max() }
        guard let wanted = selected.map({ longest($0) }) ?? 0 else { return false }
        guard let unwanted = longest(ignored) else { return true }
        return wanted > unwanted
    }

    /// Whether an entry stands for any lint of the catalogue; else what is wrong with it.
    public static func complaint(about entry: String, _ catalogue: LintCatalogue = .standard) -> String? {
        let known = catalogue.descriptions
        if !entry.isEmpty, known.contains(where: { $0.code.hasPrefix(entry) }) { return nil }
        if let named = known.first(where: { $0.name == entry }) {
            return "write \(named.code) for \(entry)"
        }
        let suggestion = Spelling.closest(to: entry, among: known.map(\.code))
            ?? Spelling.closest(to: entry, among: known.map(\.name))
        return "there is no lint \"\(entry)\"" + (suggestion.map { "; did you mean \($0)?" } ?? "")
    }
}
