import Diagnostics
import Packets
import Queries
import RuleModel
import Testing

/// Expressions, their errors, and hostile ones.
@Suite struct ExpressionTests {
    private func parse(_ text: String) -> (QueryExpression?, [Diagnostic]) {
        let result = ExpressionParser.parse(SourceFile(name: "e", text: text))
        return (result.expression, result.diagnostics)
    }

    private func number(_ field: NumberField, _ range: ClosedRange<UInt32>) -> QueryExpression {
        let condition = Condition.number(field, in: NumberSet(range))
        return .packet(ipv4: condition, ipv6: condition)
    }

    @Test func bindsNotBeforeAndBeforeOr() {
        let expected = QueryExpression.any([
            .all([.not(number(.destinationPort, 80...80)), .verdict(.accept)]), .chain(.input),
        ])
        #expect(parse("not dport=80 and verdict=accept or chain=INPUT").0 == expected)
        #expect(parse("(not (dport==80) AND verdict = ACCEPT) or chain in {INPUT}").0 == expected)
    }

    @Test(arguments: [
        ("dport in {80,443}", [80...80, 443...443]), ("dport=80,443", [80...80, 443...443]),
        ("dport=1024-2048", [1024...2048]), ("dport=https", [443...443]), ("dport<10", [0...9]),
        ("dport>=65535", [65535...UInt32.max]),
    ])
    func readsPorts(_ text: String, _ ranges: [ClosedRange<UInt32>]) {
        let tests = ranges.map { number(.destinationPort, $0) }
        #expect(parse(text).0 == (tests.count == 1 ? tests[0] : .any(tests)))
    }

    @Test func anAddressIsOfOneFamily() {
        let expected = Condition.address(.source, value: 0x0a00_0000, mask: 0xff00_0000)
        #expect(parse("src in 10.0.0.0/8").0 == .packet(ipv4: expected, ipv6: .any([])))
        #expect(parse("in in {eth0,ppp+}").0 != nil)
    }

    /// Each with the column and the suggestion of its only error.
    @Test(arguments: [
        ("dprot=80", 1, "dport"), ("verdict=ACEPT", 9, "ACCEPT"), ("dport=80 adn in=eth0", 10, "and"),
        ("state=NWE", 7, "NEW"), ("proto=tpc", 7, "tcp"), ("chain=INPT", 7, "INPUT"),
        ("icmp-type=echo-requst", 11, "echo-request"), ("flags=s", 7, "S"), ("src=10.0.0.9-10.0.0.1", 5, "10.0.0.1-10.0.0.9"),
    ])
    func suggestsWhatWasMeant(_ text: String, _ column: Int, _ suggestion: String) {
        let (expression, diagnostics) = parse(text)
        #expect(expression == nil)
        #expect(diagnostics.map { $0.file.position(of: $0.range.lower).column } == [column])
        #expect(diagnostics.map(\.suggestion) == [suggestion])
    }

    @Test func findsAllErrorsInOneRun() {
        #expect(parse("dport=99999 and src=1.2.3 and state=X or length=-1").1.count == 4)
    }

    @Test(arguments: [
        "", "(", ")", "{", "dport=", "dport={", "dport={80", "dport={80,}", "dport", "=", "not", "dport=80 or", "dport<{1,2",
        "in in in in", "\u{0}", "verdict<ACCEPT", "ttl=256", "mark=0x1/", "flags=S/A", "src=::1/129", "dport=1-2-3",
    ])
    func refusesWhatIsNoExpression(_ text: String) {
        let (expression, diagnostics) = parse(text)
        #expect(expression == nil)
        #expect(!diagnostics.isEmpty)
    }

    @Test func deepAndLongExpressionsAreRefused() {
        let deep = String(repeating: "(", count: 5000) + "dport=80" + String(repeating: ")", count: 5000)
        #expect(parse(deep).1.count == 1)
        #expect(parse(String(repeating: "not ", count: 3000) + "dport=80").1.count == 1)
        #expect(parse("dport in {" + String(repeating: "80,", count: 20_000) + "80}").0 == nil)
        let wide = Array(repeating: "dport=80", count: 800).joined(separator: " or ")
        #expect(parse(wide).0 != nil)
    }
}
