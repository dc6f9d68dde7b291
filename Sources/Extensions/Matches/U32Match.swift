import Packets
public import RuleModel

/// `-m u32` (extensions/libxt_u32.c; net/netfilter/xt_u32.c): numbers at computed places in the packet, counted from its
/// IP header.
public struct U32Match: Match {
    public static let schema = ExtensionSchema(
        "u32", options: [OptionSpec("--u32", negatable: true, required: true)])

    /// `XT_U32_MAXSIZE`: of tests, of numbers in a location, of ranges.
    private static let capacity = 10

    private enum Operator: String, Sendable {
        case and = "&"
        case leftShift = "<<"
        case rightShift = ">>"
        case at = "@"
    }

    private struct Step: Sendable {
        /// Nil for the first, a place in the packet.
        var operation: Operator?
        var number: UInt32
    }

    private struct Test: Sendable {
        var location: [Step] = []
        var ranges: [(low: UInt32, high: UInt32)] = []
    }

    private let tests: [Test]
    private let isNegated: Bool

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.option("--u32") else { return nil }
        let argument = option.arguments[0]
        isNegated = option.isNegated
        var parser = Parser(argument.text)
        guard let tests = parser.tests() else {
            reader.error("\(parser.fault), at character \(parser.position) of the tests", at: argument.range)
            return nil
        }
        for test in tests {
            for range in test.ranges where range.low > range.high {
                reader.warning(
                    "the range \(range.low):\(range.high) is the wrong way round and holds no number",
                    at: argument.range)
            }
        }
        self.tests = tests
    }

    /// `u32_parse`
    private struct Parser {
        private let text: String
        private var scanner: NumberScanner
        private(set) var fault = ""

        init(_ text: String) {
            self.text = text
            scanner = NumberScanner(text)
        }

        var position: Int { text.utf8.count - scanner.remainingCount }

        private mutating func fail<Value>(_ fault: String) -> Value? {
            self.fault = fault
            return nil
        }

        private mutating func number() -> UInt32? {
            guard let number = scanner.number().flatMap(UInt32.init(exactly:)) else {
                return fail("there must be a number of at most 32 bits")
            }
            return number
        }

        mutating func tests() -> [Test]? {
            var tests: [Test] = []
            while true {
                guard tests.count < capacity else { return fail("at most \(capacity) tests") }
                guard let location = location(), let ranges = ranges() else { return nil }
                tests.append(Test(location: location, ranges: ranges))
                if scanner.isAtEnd { return tests }
                guard scanner.take("&"), scanner.take("&") else {
                    return fail("there must be \",\" or \"&&\"")
                }
            }
        }

        /// Up to the equals sign.
        private mutating func location() -> [Step]? {
            scanner.skipBlanks()
            guard let first = number() else { return nil }
            var steps = [Step(operation: nil, number: first)]
            while true {
                scanner.skipBlanks()
                if scanner.take("=") { return steps }
                let operation: Operator
                if scanner.take("&") {
                    operation = .and
                } else if scanner.take("@") {
                    operation = .at
                } else if scanner.take("<") {
                    guard scanner.take("<") else { return fail("a second \"<\" is missing") }
                    operation = .leftShift
                } else if scanner.take(">") {
                    guard scanner.take(">") else { return fail("a second \">\" is missing") }
                    operation = .rightShift
                } else {
                    return fail("there must be \"=\" or one of the operators &, <<, >>, @")
                }
                guard let number = number() else { return nil }
                if operation == .leftShift || operation == .rightShift, number > 31 {
                    return fail("a shift is by at most 31 bits")
                }
                guard steps.count < capacity else { return fail("at most \(capacity) numbers in a place") }
                steps.append(Step(operation: operation, number: number))
            }
        }

        private mutating func ranges() -> [(low: UInt32, high: UInt32)]? {
            var ranges: [(low: UInt32, high: UInt32)] = []
            repeat {
                guard ranges.count < capacity else { return fail("at most \(capacity) ranges") }
                guard let low = number() else { return nil }
                scanner.skipBlanks()
                var high = low
                if scanner.take(":") {
                    guard let number = number() else { return nil }
                    high = number
                    scanner.skipBlanks()
                }
                ranges.append((low, high))
            } while scanner.take(",")
            return ranges
        }
    }

    public var condition: Condition {
        let test = PacketTest(summary: "u32 \(text)") { [tests] context, bytes in
            let ip = IPBytes(context.packet, bytes)
            return TestAnswer(tests.allSatisfy { U32Match.passes($0, ip, bytes) })
        }
        return Condition.packet(test).negated(if: isNegated)
    }

    /// `u32_match_it`, in its arithmetic of 32 bits.
    private static func passes(_ test: Test, _ ip: IPBytes, _ bytes: RawSpan) -> Bool {
        var base: UInt32 = 0
        var value: UInt32 = 0
        for step in test.location {
            switch step.operation {
            case .and: value &= step.number
            case .leftShift: value <<= step.number
            case .rightShift: value >>= step.number
            case .at, nil:
                let (sum, isTooBig) = base.addingReportingOverflow(value)
                guard !isTooBig, let number = ip.uint32(at: Int(sum) + Int(step.number), bytes) else {
                    return false
                }
                base = sum
                value = number
            }
        }
        return test.ranges.contains { $0.low <= value && value <= $0.high }
    }

    private var text: String {
        tests.map { test in
            let place = test.location.map { ($0.operation?.rawValue ?? "") + savedHexadecimal($0.number) }
            let ranges = test.ranges.map { range in
                range.low == range.high
                    ? savedHexadecimal(range.low)
                    : "\(savedHexadecimal(range.low)):\(savedHexadecimal(range.high))"
            }
            return "\(place.joined())=\(ranges.joined(separator: ","))"
        }.joined(separator: "&&")
    }

    public var savedWords: [String] { savedOption("--u32", "\"\(text)\"", isNegated: isNegated) }
}
