import Diagnostics

extension OptionReader {
    /// The value of the first name that begins with the text, in any case: how `strncasecmp` with the length of the
    /// text finds names in most extensions.
    public mutating func name<Value>(
        _ argument: Argument, among names: [(name: String, value: Value)], what: String
    ) -> Value? {
        if let found = names.first(where: { $0.name.hasPrefix(ignoringCase: argument.text) }) {
            return found.value
        }
        let unknown = "unknown \(what) \"\(argument.text)\""
        if let close = Spelling.closest(to: argument.text, among: names.map(\.name)) {
            error(unknown, at: argument.range, suggestion: close)
        } else {
            error("\(unknown); there is \(names.map(\.name).joined(separator: ", "))", at: argument.range)
        }
        return nil
    }

    /// The values of names with commas between; see `name(_:among:what:)`. An empty name is an error.
    public mutating func names<Value>(
        _ argument: Argument, among names: [(name: String, value: Value)], what: String
    ) -> [Value]? {
        var values: [Value] = []
        for piece in argument.pieces(separator: ",") {
            if piece.text.isEmpty {
                error("a \(what) is missing; names are separated by one comma", at: argument.range)
                return nil
            }
            guard let value = name(piece, among: names, what: what) else { return nil }
            values.append(value)
        }
        return values
    }
}

extension String {
    public func hasPrefix(ignoringCase prefix: String) -> Bool {
        lowercased().utf8.starts(with: prefix.lowercased().utf8)
    }
}
