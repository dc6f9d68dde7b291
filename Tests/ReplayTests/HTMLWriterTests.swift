import Testing

@testable import Reports

@Suite struct HTMLWriterTests {
    private func written(_ nodes: HTMLNode...) -> String {
        var writer = HTMLWriter()
        writer.write(nodes)
        return writer.text
    }

    private static let escapes: [(text: String, html: String)] = [
        (
            "</script><img src=x onerror=\"f('&')\">",
            "&lt;/script&gt;&lt;img src=x onerror=&quot;f(&#39;&amp;&#39;)&quot;&gt;"
        ),
        ("&lt;", "&amp;lt;"),
        ("a\u{1b}[31mb\u{0}\n\u{202e}c\u{2028}", "a\\u{1b}[31mb\\u{0}\\u{a}\\u{202e}c\\u{2028}"),
        ("é 防火墙 \u{ffff}", "é 防火墙 \\u{ffff}"),
        ("", ""),
    ]

    @Test(arguments: escapes.indices)
    func noTextIsMarkup(index: Int) {
        let example = HTMLWriterTests.escapes[index]
        #expect(written(element(.span) { example.text }) == "<span>\(example.html)</span>")
        #expect(
            written(element(.span, .label(example.text))) == "<span aria-label=\"\(example.html)\"></span>")
    }

    @Test func anElementWithoutContentHasNoEndTag() {
        #expect(written(element(.input, .checkbox, .id("a"))) == "<input type=\"checkbox\" id=\"a\"/>")
    }

    @Test func lengthsHaveAPointAndThreeDigits() {
        #expect(written(element(.span, .share(1.0 / 3))) == "<span style=\"--share:33.333%\"></span>")
        #expect(written(element(.rect, .x(7), .y(0.0625))) == "<rect x=\"7\" y=\"0.063\"></rect>")
        #expect(written(element(.rect, .width(1e-7))) == "<rect width=\"0\"></rect>")
    }

    /// The stylesheet stands in the page as it is: it must not end its element, and be well-formed as XML.
    @Test func theStylesheetHoldsNoMarkup() {
        let text = HTMLStylesheet.text.description
        #expect(!text.contains("<") && !text.contains("&"))
        #expect(!text.contains("url(") && !text.contains("@import"))
        #expect(text.count { $0 == "{" } == text.count { $0 == "}" })
    }

    private static let spans: [(nanoseconds: UInt64, words: String)] = [
        (0, "0 s"), (1_953_125, "1.953125 ms"), (62_500_000, "62.5 ms"), (4_000_000_000, "4 s"),
        (1500, "0.0015 ms"),
        (64_000_000_000, "1 min 4 s"), (3_600_000_000_000, "1 h"), (.max, "213503 d 23 h"),
    ]

    @Test(arguments: spans.indices)
    func spansInWords(index: Int) {
        let example = HTMLWriterTests.spans[index]
        #expect(TimeScale.words(example.nanoseconds) == example.words)
    }

    @Test(arguments: [1, 999_999, 1_953_125, 5_000_000_000, 1_000_000_000_000, .max] as [UInt64])
    func axesHaveFewSteps(span: UInt64) {
        let step = TimeScale.step(through: span, atMost: 5)
        #expect(span / step <= 5)
    }
}
