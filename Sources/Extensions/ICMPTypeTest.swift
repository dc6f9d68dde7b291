import Packets
import RuleModel

/// `--icmp-type` or `--icmpv6-type` (`ipt_parse_icmp` in extensions/libxt_icmp.h).
struct ICMPTypeTest: Sendable {
    let type: UInt8
    let isNegated: Bool
    private let lowCode: UInt8
    private let highCode: UInt8

    init?(_ option: ParsedOption, _ reader: inout OptionReader) {
        let argument = option.arguments[0]
        let family = reader.context.family
        isNegated = option.isNegated
        switch ICMPTypeNames.find(argument.text, family) {
        case .found(let name):
            type = name.type
            (lowCode, highCode) = (name.codes.lowerBound, name.codes.upperBound)
        case .ambiguous(let first, let second):
            reader.error("\"\(argument.text)\" may mean \(first.name) or \(second.name)", at: argument.range)
            return nil
        case .unknown:
            var scanner = NumberScanner(argument.text)
            guard let types = ICMPTypeTest.range(&scanner) else {
                reader.error("unknown ICMP type \"\(argument.text)\"", at: argument.range)
                return nil
            }
            guard types.low == types.high else {
                reader.error("an ICMP type can't be a range of types", at: argument.range)
                return nil
            }
            type = types.low
            guard !scanner.isAtEnd else {
                (lowCode, highCode) = (0, 255)
                return
            }
            guard scanner.take("/"), let codes = ICMPTypeTest.range(&scanner), scanner.isAtEnd else {
                reader.error(
                    "an ICMP type is a name, or type or type/code in numbers up to 255", at: argument.range)
                return nil
            }
            (lowCode, highCode) = codes
        }
    }

    private var hasAllCodes: Bool { lowCode == 0 && highCode == 255 }

    var condition: Condition {
        let types = Condition.number(.icmpType, in: NumberSet(UInt32(type)))
        if hasAllCodes { return types.negated(if: isNegated) }
        let codes = NumberSet(from: UInt32(lowCode), through: UInt32(highCode))
        return Condition.all([types, .number(.icmpCode, in: codes)]).negated(if: isNegated)
    }

    /// `8` or `8/0`: of several codes only the first is printed.
    var savedWord: String { hasAllCodes ? "\(type)" : "\(type)/\(lowCode)" }

    /// `n` or `n:m`, up to 255 each.
    private static func range(_ scanner: inout NumberScanner) -> (low: UInt8, high: UInt8)? {
        guard let low = scanner.number().flatMap(UInt8.init(exactly:)) else { return nil }
        guard scanner.take(":") else { return (low, low) }
        return scanner.number().flatMap(UInt8.init(exactly:)).map { (low, $0) }
    }
}
