import Foundation
import Testing

/// `--report`: what the page holds, and that nothing from a file or from the network becomes markup.
@Suite struct ReportTests {
    private static let laptop = [
        "replay", "--host", "Fixtures/Hosts/laptop", "Rules/laptop.v4", "--rules6", "Rules/laptop.v6",
        "Fixtures/Captures/laptop.pcap",
    ]
    private static let router = [
        "replay", "--host", "Fixtures/Hosts/home-router", "Rules/home-router.v4", "--rules6",
        "Rules/home-router.v6",
        "--capture", "lan0=Fixtures/Captures/home-router-lan.pcap", "--capture",
        "wan0=Fixtures/Captures/home-router-wan.pcap",
    ]

    private func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    private func report(_ arguments: [String]) throws -> (page: Page, html: String, table: String) {
        try withFolder { folder in
            let file = folder.appendingPathComponent("page.html")
            let result = try Program.run(arguments + ["--report", file.path])
            #expect(result.exitCode == 0, "\(result.errors)")
            let html = try String(contentsOf: file, encoding: .utf8)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["page.html"])
            return (try Page(html), html, result.output)
        }
    }

    // MARK: Figures

    private static func words(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The table's lines between one that begins with `heading` and one that is no row.
    private func rows(_ table: String, from heading: String) -> [String] {
        let lines = table.split(separator: "\n", omittingEmptySubsequences: false)
        let start = lines.firstIndex { $0.hasPrefix(heading) } ?? lines.endIndex
        return lines.dropFirst(start + 2).prefix { $0.hasPrefix("  ") && !$0.hasPrefix("  Nothing hit") }
            .map { ReportTests.words($0) }
    }

    @Test(arguments: [laptop, router])
    func verdictsAreThoseOfTheTable(arguments: [String]) throws {
        let (page, _, table) = try report(arguments)
        let shown = try #require(page.section("verdicts")).all("tr").dropFirst()
            .map { row in ReportTests.words(row.children.map(\.text).joined(separator: " ")) }
        #expect(shown == rows(table, from: "Verdicts"))
        #expect(shown.count > 3)
    }

    @Test(arguments: [laptop, router])
    func rulesAreThoseOfTheTable(arguments: [String]) throws {
        let (page, _, table) = try report(arguments)
        var shown: [String] = []
        for chain in try #require(page.section("rules")).all("tbody") {
            let name = try #require(chain.all("th").first?.all("code").first).text
            for row in chain.all("tr").dropFirst() {
                let cells = row.all("td").map(\.text)
                var rule = try #require(row.all("code").first).text
                if row.has(class: "policy") {
                    rule = ":\(name)" + rule.dropFirst("policy".count)
                } else {
                    #expect(rule.hasPrefix("-A \(name) "))
                }
                let isHit = cells[1] != "0"
                // Between share and rule, if packets were marked that couldn't have happened.
                let possible = cells.count > 5 ? "\(cells[4]) " : ""
                #expect(isHit || row.has(class: "policy") || cells[3] == "not exercised")
                shown.append(
                    ReportTests.words(
                        isHit ? "\(cells[1]) \(cells[2]) \(cells[3]) \(possible)\(rule)" : "- \(rule)"))
            }
        }
        let expected = ["IPv4 rules of", "IPv6 rules of"].flatMap { rows(table, from: $0) }.filter {
            !$0.hasPrefix("*")
        }
        #expect(shown.sorted() == expected.sorted())
        #expect(shown.count > 20)
    }

    /// -1 for what is no number, so that no sum is right.
    private func number(_ node: Page.Node) -> Int { Int(node.text.filter { $0 != "," }) ?? -1 }

    @Test(arguments: [laptop, router])
    func partsAddUp(arguments: [String]) throws {
        let (page, _, table) = try report(arguments)
        let verdicts = try #require(page.section("verdicts")).all("tr").dropFirst()
        let total = verdicts.reduce(0) { $0 + number($1.children[1]) }
        #expect(table.hasPrefix("\(total) frames"))
        let time = try #require(page.section("time")).all("tr").dropFirst()
        #expect(time.flatMap { $0.all("td") }.reduce(0) { $0 + number($1) } == total)
        #expect(try #require(page.section("time")).all("g").count == time.count)
        let dropped = verdicts.filter { ["DROP", "REJECT", "ROUTED-AWAY"].contains($0.children[0].text) }
            .reduce(0) { $0 + number($1.children[1]) }
        let drops = try #require(page.section("drops"))
        let causes = drops.all("tr").filter { $0.has(class: "cause") }
        #expect(causes.reduce(0) { $0 + number($1.children[0]) } == dropped)
        for cause in drops.all("tbody") where cause.all("tr").first?.has(class: "cause") == true {
            let flows = cause.all("tr").dropFirst().reduce(0) { $0 + number($1.children[0]) }
            #expect(flows == number(cause.all("th")[0]))
        }
    }

    // MARK: Structure

    private func checkStructure(_ page: Page, _ html: String) {
        let all = page.root.everything
        let ids = all.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        for link in all.compactMap({ $0.attributes["href"] }) {
            #expect(link.hasPrefix("#") && ids.contains(String(link.dropFirst())), "\(link)")
        }
        for reference in all.compactMap({ $0.attributes["aria-labelledby"] ?? $0.attributes["for"] }) {
            #expect(ids.contains(reference))
        }
        let names = Set(all.map(\.name))
        for name in ["script", "img", "link", "iframe", "object", "base", "form"] {
            #expect(!names.contains(name))
        }
        for node in all {
            for name in node.attributes.keys { #expect(!name.hasPrefix("on") && name != "src", "\(name)") }
            if let style = node.attributes["style"] { #expect(style.hasPrefix("--share:")) }
        }
        #expect(!html.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" })
        let policy = all.first { $0.attributes["http-equiv"] == "Content-Security-Policy" }
        #expect(
            policy?.attributes["content"]?.hasPrefix("default-src 'none'; style-src 'unsafe-inline'") == true)
        // Headings don't skip a level, and cells of the first row or column say whose heads they are.
        #expect(all.count { $0.name == "h1" } == 1)
        #expect(all.filter { $0.name == "th" }.allSatisfy { $0.attributes["scope"] != nil })
    }

    @Test(arguments: [laptop, router])
    func thePageStandsAloneAndIsWhole(arguments: [String]) throws {
        let (page, html, _) = try report(arguments)
        checkStructure(page, html)
        #expect(!html.contains("http://") && !html.contains("https://"))
        #expect(try report(arguments).html == html)
    }

    @Test func hostileNamesAreText() throws {
        try withFolder { folder in
            let evil = "\"'><img src=x onerror=alert(1)>&amp;"
            let rules = folder.appendingPathComponent(evil + ".v4")
            let text = """
                *filter
                :INPUT DROP [0:0]
                :<b>x&'y - [0:0]
                :\u{202e}kcart - [0:0]
                -A INPUT -m comment --comment "</code></style></script><img onerror=alert(1)>" -j <b>x&'y
                -A <b>x&'y -j \u{202e}kcart
                -A \u{202e}kcart -m comment --comment "\u{2066}<svg onload=alert(1)>" -j DROP
                COMMIT

                """
            try Data(text.utf8).write(to: rules)
            let capture = folder.appendingPathComponent(evil + ".pcap")
            try FileManager.default.copyItem(
                at: Program.repository.appendingPathComponent("Fixtures/Captures/laptop.pcap"), to: capture)
            let (page, html, _) = try report([
                "replay", rules.path, capture.path, "--hook", "INPUT", "--in", "<i>\"'&", "--filter",
                "not ip[0] > 255",
            ])
            checkStructure(page, html)
            for text in [
                "<b>x&'y", "</code></style></script><img onerror=alert(1)>",
                "\\u{2066}<svg onload=alert(1)>",
            ] {
                #expect(page.section("rules")?.text.contains(text) == true, "\(text)")
            }
            #expect(page.root.all("h1").first?.text == "Replay of \(evil).pcap")
            #expect(page.root.all("dl").first?.text.contains("packets arrive on <i>\"'&") == true)
        }
    }

    @Test func emptyCapturesHaveAPage() throws {
        let (page, html, _) = try report(
            ["replay", "Rules/laptop.v4", "Fixtures/Captures/formats/header-only.pcap", "--hook", "INPUT"])
        checkStructure(page, html)
        #expect(page.section("time")?.text.contains("There were no frames") == true)
        #expect(page.section("drops")?.text.contains("Nothing was dropped") == true)
        #expect(page.section("states")?.text.contains("No packet met the rules") == true)
    }

    @Test func longRuleFilesListWhatWasHit() throws {
        try withFolder { folder in
            let rules = folder.appendingPathComponent("long.v4")
            let lines = (0..<3000).map { "-A INPUT -s 10.0.\($0 / 256).\($0 % 256)/32 -j DROP\n" }.joined()
            try Data("*filter\n\(lines)-A INPUT -p tcp -j ACCEPT\nCOMMIT\n".utf8).write(to: rules)
            let (page, html, _) = try report(
                ["replay", rules.path, "Fixtures/Captures/laptop.pcap", "--hook", "INPUT"])
            checkStructure(page, html)
            let section = try #require(page.section("rules"))
            #expect(section.text.contains("1 of 3001 rules were hit"))
            #expect(section.text.contains("The others are left out"))
            #expect(section.all("code").count { $0.text.hasPrefix("-A INPUT") } == 1)
        }
    }

    // MARK: The file

    @Test func standardOutputHoldsThePageAlone() throws {
        let result = try Program.run(ReportTests.laptop + ["--report", "-"])
        #expect(result.exitCode == 0)
        #expect(result.output == (try report(ReportTests.laptop).html))
    }

    @Test func aBrokenOffCaptureHasAPageThatSaysSo() throws {
        let result = try Program.run([
            "replay", "Rules/laptop.v4", "Fixtures/Captures/formats/cut-off.pcap", "--hook", "INPUT",
            "--report", "-",
        ])
        #expect(result.exitCode == 2)
        let warning = try Page(result.output).root.all("p").first { $0.has(class: "warning") }
        #expect(warning?.text.contains("the results hold everything up to there") == true)
    }

    @Test func aFailedRunLeavesTheOldPage() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        try withFolder { folder in
            let file = folder.appendingPathComponent("page.html")
            let link = folder.appendingPathComponent("link.html")
            try Data("old".utf8).write(to: file)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
            let failed = try Program.run(
                ReportTests.laptop + ["--report", link.path, "--write-accepted", "/dev/full"])
            #expect(failed.exitCode == 3)
            #expect(try String(contentsOf: file, encoding: .utf8) == "old")
            let done = try Program.run(ReportTests.laptop + ["--report", link.path])
            #expect(done.exitCode == 0)
            #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix("<!DOCTYPE html>"))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                    "link.html", "page.html",
                ])
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
        }
    }
}
