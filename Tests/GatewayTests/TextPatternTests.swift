import Gateway
import TestSupport
import Testing

@Suite struct TextPatternTests {
    @Test(arguments: [
        (
            "/admin/**", TextPattern.Style.path, ["/admin/", "/admin/a/b"],
            ["/admin", "/Admin/a", "/x/admin/"]
        ),
        ("/a/*/c", .path, ["/a/b/c", "/a//c"], ["/a/b/b/c", "/a/c"]),
        ("/a?", .path, ["/ab"], ["/a/", "/a", "/abc"]),
        (
            "*.example.com", .hostName, ["www.example.com", "WWW.Example.COM.", "-.example.com"],
            [
                "example.com", "a.b.example.com", "www.example.com.evil", "wwwexample.com",
            ]
        ),
        ("**.example.com.", .hostName, ["a.b.example.com", "a.b.example.com."], ["a.example.org"]),
        ("GET", .plain, ["GET"], ["get", "GETX", ""]),
        ("websocket", .token, ["WebSocket"], ["websockets"]),
        ("text/*", .mediaType, ["text/html", "Text/Plain"], ["text/a/b", "texts/html"]),
        ("a***b", .path, ["ab", "a/b", "a//xb"], ["a", "b"]),
        ("", .plain, [""], ["a"]),
        (".", .hostName, ["."], ["", "a"]),
        ("*", .plain, ["", "a/b.c", "ä"], []),
    ])
    func globs(pattern: String, style: TextPattern.Style, fitting: [String], others: [String]) {
        let compiled = TextPattern(glob: pattern, style)
        for text in fitting { #expect(compiled.matches(text), "\(pattern) fits \(text)") }
        for text in others { #expect(!compiled.matches(text), "\(pattern) doesn't fit \(text)") }
    }

    @Test(arguments: [
        ("abc", TextPattern.Style.plain, ["abc"], ["xabc", "abcx", "ABC"]),
        ("^abc$", .plain, ["abc"], ["xabc"]),
        ("a|bc|", .plain, ["a", "bc", ""], ["ab", "c"]),
        ("(a|b)+c?", .plain, ["a", "abbac"], ["c", "abcc", ""]),
        ("a{2,3}", .plain, ["aa", "aaa"], ["a", "aaaa"]),
        ("a{2}", .plain, ["aa"], ["a", "aaa"]),
        ("a{2,}", .plain, ["aa", "aaaaaaa"], ["a"]),
        ("(ab){0,2}", .plain, ["", "ab", "abab"], ["ababab", "a"]),
        ("x{0}y", .plain, ["y"], ["xy"]),
        (#"\d+\.\w*\s"#, .plain, ["12.a_ ", "1.\t"], ["1.a", "a.a "]),
        (#"[^/\d]+"#, .plain, ["ab"], ["a/b", "a1"]),
        ("[]a-c-]+", .plain, ["]-b"], ["d"]),
        (#"[\x41-\]]"#, .plain, ["A", "[", "]"], ["a"]),
        ("a.c", .path, ["a/c", "abc"], ["ac"]),
        (#"\/api\/v[12]"#, .path, ["/api/v1"], ["/API/v1", "/api/v3"]),
        ("[a-c]+x", .hostName, ["ABcX.", "ax"], ["dx"]),
        ("ä+", .plain, ["ä", "ää"], ["a", "Ã"]),
        ("(?:a|b)*?c", .plain, ["abc"], ["abd"]),
        ("(a*)*b", .plain, ["aab", "b"], ["aa"]),
        ("()*", .plain, [""], ["a"]),
        (#"\{\}"#, .plain, ["{}"], [""]),
    ])
    func regularExpressions(pattern: String, style: TextPattern.Style, fitting: [String], others: [String])
        throws
    {
        let compiled = try TextPattern(regularExpression: pattern, style)
        for text in fitting { #expect(compiled.matches(text), "\(pattern) fits \(text)") }
        for text in others { #expect(!compiled.matches(text), "\(pattern) doesn't fit \(text)") }
    }

    @Test(arguments: [
        ("a(b", "'(' without ')'", 1..<2),
        ("a)b", "')' without '('", 1..<2),
        ("*a", "nothing to repeat before '*'", 0..<1),
        ("a|+", "nothing to repeat before '+'", 2..<3),
        ("a++", "a repetition of a repetition: put the first in a group", 2..<3),
        ("[ab", "'[' without ']'", 0..<1),
        ("[z-a]", "a range goes from a byte to one that isn't less", 1..<4),
        (#"[\d-a]"#, "a range goes from a byte to one that isn't less", 1..<5),
        ("[ä]", "a class holds bytes, and this character has several: write (a|b)", 1..<2),
        ("[[:alpha:]]", #"named classes aren't supported: write \d, \w, \s or a range"#, 1..<3),
        ("a{", #"a repetition is {n}, {n,} or {n,m}; write \{ for the character"#, 1..<2),
        ("a{x}", #"a repetition is {n}, {n,} or {n,m}; write \{ for the character"#, 1..<4),
        ("a{3,2}", "2 is less than 3", 1..<6),
        ("a{1001}", "at most 1000 repetitions", 1..<7),
        ("a{99999999999999999999}", "at most 1000 repetitions", 1..<23),
        (#"(a)\1"#, #"unknown escape '\1'"#, 3..<5),
        (#"\b"#, #"unknown escape '\b'"#, 0..<2),
        (#"\x+f"#, #"\x takes two hexadecimal digits"#, 0..<4),
        (#"a\"#, #"'\' at the end"#, 1..<2),
        ("(?=a)", "groups are (…) and (?:…): looking around and options aren't supported", 0..<3),
        ("a^b", #"'^' in the middle: the expression is anchored; write \^ for the character"#, 1..<2),
        (
            "((a{1000}){1000}){1000}",
            "the regular expression is too large once its repetitions are written out",
            0..<23
        ),
    ])
    func errorsNameThePlace(pattern: String, message: String, range: Range<Int>) {
        #expect {
            _ = try TextPattern(regularExpression: pattern)
        } throws: { error in
            let error = error as? RegularExpressionError
            return error?.message == message && error?.range == range
        }
    }

    /// Patterns that a backtracking matcher takes for ever, and a program that would be, written out.
    @Test func hostilePatternsEnd() throws {
        let text = String(repeating: "a", count: 4_000)
        #expect(!(try TextPattern(regularExpression: "(a*)*b").matches(text)))
        #expect(!(try TextPattern(regularExpression: "(a|aa|a?)+c").matches(text)))
        #expect(!TextPattern(glob: String(repeating: "*a", count: 200) + "b", .path).matches(text))
        let nested = String(repeating: "(", count: 49) + String(repeating: "){1000}", count: 49)
        #expect(try TextPattern(regularExpression: nested).matches(""))
        #expect(throws: RegularExpressionError.self) {
            try TextPattern(regularExpression: String(repeating: "(", count: 100_000))
        }
    }

    /// Random expressions mean what the standard library's do.
    @Test func randomExpressionsAgreeWithAnotherMatcher() throws {
        var generator = SeededGenerator(seed: 7)
        func expression(_ depth: Int) -> String {
            switch Int.random(in: 0..<(depth > 0 ? 8 : 3), using: &generator) {
            case 0: return "a"
            case 1: return "b"
            case 2: return ["[ab]", "[^a]", ".", "c"].randomElement(using: &generator)!
            case 3, 4: return expression(depth - 1) + expression(depth - 1)
            case 5: return "(\(expression(depth - 1))|\(expression(depth - 1)))"
            case 6: return "(\(expression(depth - 1)))" + ["*", "+", "?"].randomElement(using: &generator)!
            default: return "(\(expression(depth - 1))){1,3}"
            }
        }
        for _ in 0..<150 {
            let source = expression(3)
            let ours = try TextPattern(regularExpression: source)
            let theirs = try Regex(source)
            for _ in 0..<15 {
                let length = Int.random(in: 0..<7, using: &generator)
                let text = String(
                    (0..<length).map { _ in ["a", "b", "c"].randomElement(using: &generator)! })
                let expected = try theirs.wholeMatch(in: text) != nil
                #expect(ours.matches(text) == expected, "\(source) and \(text)")
            }
        }
    }
}
