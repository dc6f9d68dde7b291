public import Packets

extension OptionReader {
    /// A protocol by number or name (`xtables_parse_protocol`); `all` is 0.
    public mutating func transportProtocol(_ argument: Argument) -> IPProtocol? {
        if let number = parseNumber(argument.text).flatMap(UInt8.init(exactly:)) {
            return IPProtocol(rawValue: number)
        }
        if argument.text == "all" { return IPProtocol(rawValue: 0) }
        if let named = IPProtocol(name: argument.text) { return named }
        error("unknown protocol \"\(argument.text)\"", at: argument.range)
        return nil
    }
}
