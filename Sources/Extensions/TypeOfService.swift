import Packets
import RuleModel

extension OptionReader {
    /// A TOS by name, or `value`, or `value/mask` (XTTYPE_TOSMASK of libxtables/xtoptions.c; extensions/tos_values.c).
    mutating func serviceAndMask(_ argument: Argument) -> (value: UInt8, mask: UInt8)? {
        var scanner = NumberScanner(argument.text)
        if let value = scanner.number().flatMap(UInt8.init(exactly:)) {
            if scanner.isAtEnd { return (value, .max) }
            guard scanner.take("/"), let mask = scanner.number().flatMap(UInt8.init(exactly:)),
                scanner.isAtEnd
            else {
                error("behind a TOS may follow a slash and a mask, both up to 255", at: argument.range)
                return nil
            }
            return (value, mask)
        }
        guard let found = serviceNames.first(where: { $0.name.lowercased() == argument.text.lowercased() })
        else {
            error(
                "unknown TOS \"\(argument.text)\"; there is \(serviceNames.map(\.name).joined(separator: ", "))",
                at: argument.range)
            return nil
        }
        // All but the two bits of ECN.
        return (found.value, 0x3f)
    }
}

private let serviceNames: [(name: String, value: UInt8)] = [
    ("Minimize-Delay", 0x10), ("Maximize-Throughput", 0x08), ("Maximize-Reliability", 0x04),
    ("Minimize-Cost", 0x02), ("Normal-Service", 0x00),
]
