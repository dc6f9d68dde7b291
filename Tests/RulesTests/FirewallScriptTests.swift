import Diagnostics
import Extensions
import Packets
import RuleModel
import RuleSyntax
import TestSupport
import Testing

struct FirewallScriptTests {
    private func commands(_ text: String) -> (commands: [String], messages: [String])? {
        let file = SourceFile(name: "rules.sh", text: text)
        var diagnostics = DiagnosticCollector(file: file)
        guard let script = RuleFileParser(file).parse(&diagnostics).script else { return nil }
        let texts = script.map { command in
            (command.isIPv6 ? "6 " : "4 ") + command.words.map(\.text).joined(separator: "|")
        }
        return (texts, diagnostics.diagnostics.map(\.message))
    }

    /// What a shell made of them, `Scripts/check-scripts.py` says.
    @Test(arguments: try Fixtures.names(in: "FirewallScripts", extension: "sh"))
    func scriptsMakeTheRulesThatAShellMakes(_ name: String) throws {
        let file = SourceFile(
            name: "\(name).sh", bytes: try Fixtures.bytes("FirewallScripts/\(name).sh"))
        let built = RuleSetBuilder(catalogue: .standard).buildAll(file)
        #expect(built.ruleSets.map(\.family) == [.ipv4, .ipv6])
        var printed: [[String]] = []
        for ruleSet in built.ruleSets {
            printed += tables(SyntaxPrinter(ruleSet).text()).map { ["\(ruleSet.family)"] + $0 }
        }
        let saved = try Fixtures.text("FirewallScripts/\(name).saved")
            .split(separator: "# ip6tables-save\n").enumerated().flatMap { index, text in
                tables(String(text)).map { [index == 0 ? "ipv4" : "ipv6"] + $0 }
            }
        #expect(
            printed.sorted { $0.description < $1.description }
                == saved.sorted { $0.description < $1.description })
    }

    private func tables(_ text: String) -> [[String]] {
        text.split(separator: "COMMIT\n").map { table in
            table.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
        }
    }

    @Test(arguments: [
        ("#!/bin/sh\n", true), ("#!/bin/bash -e\n*filter\n", true), ("#!/sbin/iptables-restore\n", false),
        ("# x\n\niptables -F\n", true), ("*filter\niptables -F\n", false), (":INPUT DROP\n", false),
        ("[0:0] -A INPUT\n", false), ("[ -x /sbin/iptables ] || exit\n", true), (": ${A:=1}\n", true),
        ("COMMIT\n", false), ("-A INPUT\n", false), ("IPT=x\n", true), ("$IPT -F\n", true),
        ("foo\nCOMMIT\n", false),
        ("foo\nset -e\n", true), ("/sbin/iptables -F", true), ("  sudo iptables -F\n", true),
        ("f() {\n", true), ("", false),
        ("[[ -x a ]]", true), ("\"$IPT\" -F", true), ("export A=b", true),
    ])
    func scriptsAreRecognised(_ text: String, _ isScript: Bool) {
        #expect((commands(text) != nil) == isScript, "\(text)")
    }

    @Test(arguments: [
        ("iptables -A 'a b' \"c d\" e\\ f", ["4 -A|a b|c d|e f"]),
        ("A=1\niptables $A$A ${A}2 \"$A\" '$A'", ["4 11|12|1|$A"]),
        ("A='x y'\niptables p$A \"$A\" $A", ["4 px|y|x y|x|y"]),
        ("A=\niptables $A \"$A\" ''$A", ["4 |"]),
        ("IPT='sudo -n /sbin/ip6tables -w'\n$IPT -F", ["6 -w|-F"]),
        ("iptables -F;iptables -X&&ip6tables -F # x; y", ["4 -F", "4 -X", "6 -F"]),
        ("iptables -F &&\n\n iptables -X", ["4 -F", "4 -X"]),
        ("iptables \\\r\n -F\r\nip6tables -X\r\n", ["4 -F", "6 -X"]),
        ("iptables -F > /dev/null 2>&1 2>>log -X", ["4 -F|-X"]),
        ("iptables -A x2>y", ["4 -A|x2"]),
        ("cat <<E\niptables -F\nE\niptables -X", ["4 -X"]),
        ("exit 0\niptables -F", []),
        ("iptables -F\nA=1 B=2 iptables -X", ["4 -F", "4 -X"]),
        ("IPT=`which iptables`\n$IPT -F", ["4 -F"]),
        ("iptables -A ${A:-b} ${A-c d}", ["4 -A|b|c|d"]),
        ("true && iptables -F || exit 1", ["4 -F"]),
        ("iptables -A a#b", ["4 -A|a#b"]),
        (
            "iptables-legacy -F; ip6tables-nft -F; ip6tables-save; command iptables -X",
            ["4 -F", "6 -F", "4 -X"]
        ),
        ("foo=$(bar)\niptables -F", ["4 -F"]),
        ("PATH=$PATH:/sbin\niptables -F", ["4 -F"]),
    ])
    func linesAreReadAsAShellReadsThem(_ text: String, _ expected: [String]) throws {
        let read = try #require(commands("#!/bin/sh\n" + text))
        #expect(read.commands == expected, "\(read.messages)")
        #expect(read.messages.allSatisfy { $0.hasPrefix("skipped") })
    }

    /// One error each, whatever is in the block, and the lines behind are read.
    @Test(arguments: [
        ("for i in 1 2; do iptables -A $i; done", "a loop needs a shell"),
        ("while read l\ndo\n  if x; then y; fi\n  iptables -A $l\ndone < f", "a loop needs a shell"),
        (
            "if [ -n \"$A\" ]\nthen\n  { iptables -A b; }\nelse case $1 in a) c;; esac\nfi || x",
            "an if needs a shell"
        ),
        ("case $1 in\n start|a) f ;;\n (b) iptables -F ;;\nesac", "a case needs a shell"),
        ("f() {\n iptables -A $1\n}", "a function needs a shell"),
        ("f ()\n{\n iptables -A $1\n}", "a function needs a shell"),
        ("function f {\n iptables -A $1\n}", "a function needs a shell"),
        ("(iptables -F; (iptables -X))", "a subshell needs a shell"),
        ("{ iptables -F; }", "a group needs a shell"),
        ("iptables -F | iptables -X", "a pipe needs a shell"),
        ("iptables -F &", "a command in the background needs a shell"),
        ("iptables -A $(x \")\" ')' \\) )", "a command substitution needs a shell"),
        ("iptables -A `x`", "a command substitution needs a shell"),
        ("A=$(x)\nB=$A/$A\niptables -A $B\niptables -A $A", "a command substitution needs a shell"),
        ("iptables -A $1", "$1, which is told to the script or by it, needs a shell"),
        ("iptables -A $UNKNOWN", "$UNKNOWN has no value here"),
        ("[ -n x ] && iptables -F", "a test needs a shell"),
        ("iptables -F || iptables -X", "a choice with || needs a shell"),
        (". /etc/rc", "\".\" needs a shell"),
        ("iptables -A <file", "input for a command needs a shell"),
    ])
    func whatNeedsAShellIsReportedOnce(_ text: String, _ expected: String) throws {
        let read = try #require(commands("#!/bin/sh\n\(text)\niptables -Z\n"))
        #expect(read.messages == [expected])
        #expect(read.commands.last == "4 -Z")
    }

    /// A place of a word leads to the text that it came from.
    @Test func placesAreThoseOfTheScript() throws {
        let text = "A=10.0.0.1; B=eth0/x\niptables -A INPUT -s 9.9.9.9,$A,\"$C\"\n"
        let file = SourceFile(name: "rules.sh", text: text.replacing("$C", with: "${B}"))
        var diagnostics = DiagnosticCollector(file: file)
        let script = try #require(RuleFileParser(file).parse(&diagnostics).script)
        let word = try #require(script[0].words.last)
        #expect(word.text == "9.9.9.9,10.0.0.1,eth0/x")
        #expect(file.text(word.range(of: 0..<7)) == "9.9.9.9")
        #expect(file.text(word.range(of: 8..<16)) == "$A")
        #expect(file.text(word.range(of: 17..<23)) == "${B}")
        #expect(file.text(word.part(8..<23).range(of: 9..<11)) == "${B}")
        #expect(file.text(word.range) == "9.9.9.9,$A,\"${B}\"")
        #expect(file.text(script[0].range) == "iptables -A INPUT -s 9.9.9.9,$A,\"${B}\"")
    }

    /// A command that may fail says nothing of a chain that is missing; the next that names it does.
    @Test func missingChainsAreReportedWhereTheyMatter() throws {
        let tolerated = "iptables -D INPUT -j nope || true\niptables -X nope 2>/dev/null\n"
        let file = SourceFile(name: "x", text: tolerated)
        #expect(RuleSetBuilder(catalogue: .standard).build(file).diagnostics.isEmpty)
        let uses =
            "iptables -A INPUT -j nope\niptables -A nope -j ACCEPT\niptables -D INPUT -j nope || true\n"
        let built = RuleSetBuilder(catalogue: .standard).build(SourceFile(name: "x", text: tolerated + uses))
        #expect(built.diagnostics.map(\.message) == ["there is no chain or target \"nope\""])
        let error = try #require(built.diagnostics.first)
        #expect(error.file.position(of: error.range.lower).line == 3)
        #expect(error.notes.map(\.message) == ["make it before, with -N nope", "line 4 too"])
    }

    @Test func eachFamilyHasItsOwn() throws {
        let file = SourceFile(name: "x", text: "iptables -A INPUT -s 10.0.0.1\nip6tables -A INPUT -s ::1\n")
        #expect(RuleSetBuilder(catalogue: .standard).buildAll(file).ruleSets.count == 2)
        #expect(RuleSetBuilder(catalogue: .standard, family: .ipv6).build(file).ruleSet?.family == .ipv6)
        #expect(RuleSetBuilder(catalogue: .standard, family: .ipv6).buildAll(file).ruleSets.count == 1)
        #expect(RuleSetBuilder(catalogue: .standard).build(file).ruleSet?.family == .ipv4)
    }

    @Test func variablesCantTakeAllMemory() throws {
        let doubling = (0..<64).map { "A\($0 + 1)=$A\($0)$A\($0)" }.joined(separator: "\n")
        let read = try #require(commands("A0=xxxxxxxx\n\(doubling)\niptables -A $A64\n"))
        #expect(read.commands == [])
        #expect(read.messages == ["the value of A14 is too long"])
    }

    /// Small scripts that would make much of little.
    @Test(arguments: [
        "A='\(String(repeating: "x ", count: 120))'\n" + String(repeating: "iptables $A\n", count: 5000),
        "A=1\niptables -A INPUT -p tcp -m multiport --dports \(Array(repeating: "$A", count: 20_000).joined(separator: ","))\n",
        "iptables -A INPUT -s \(Array(repeating: "1.1.1.1", count: 8000).joined(separator: ",")) "
            + "-d \(Array(repeating: "1.1.1.1", count: 8000).joined(separator: ","))\n",
        (0..<20_000).map { "A\($0)=$B\($0)\n" }.joined() + "iptables -A $A1\n",
        String(repeating: "iptables -X nothing || true\n", count: 2000) + "iptables -A $X",
        String(repeating: "if ", count: 50_000), String(repeating: "(", count: 50_000),
        "iptables \(String(repeating: "$(", count: 50_000))",
        "iptables \(String(repeating: "`", count: 50_001))",
    ])
    func smallScriptsStaySmall(_ text: String) {
        let file = SourceFile(name: "rules", text: text.hasPrefix("iptables") ? text : "#!/bin/sh\n" + text)
        let built = RuleSetBuilder(catalogue: .standard).buildAll(file)
        #expect(built.ruleSets.isEmpty)
        #expect(built.diagnostics.count <= 402)
    }

    static let seed = """
        #!/bin/sh
        IPT="iptables -w"; NET='10.0.0.0/8' # nets
        $IPT -N web; $IPT -F || true
        $IPT -A INPUT -s "$NET",${OTHER:-1.2.3.4} -p tcp \\
          --dport 80:90 -m comment --comment "it's $NET" -j web && ip6tables -P INPUT DROP
        if [ -n "$1" ]; then iptables -X; fi
        for i in a b; do $IPT -A $i; done | cat
        iptables -C INPUT -i lo -j ACCEPT 2>/dev/null || iptables -A INPUT -i lo -j ACCEPT
        cat <<END
        iptables -F
        END
        f() { iptables -D INPUT 1; }
        iptables -t mangle -I FORWARD 1 -m mark --mark $((1)) -j MARK --set-mark `x`
        """

    @Test(arguments: 0..<20)
    func damageIsReported(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let words = [
            "\"", "'", "`", "$", "$(", "${", "}", "{", "(", ")", ";", "\n", "|", "&", "<", "<<E", ">", "#",
            "\\", "\\\n",
            "iptables", " ", "=", "if ", "done", "fi\n", "\0", "\u{e9}", "case", ";;", "$NET", "IPT=", "\r\n",
        ]
        for _ in 0..<60 {
            var bytes = Array(Self.seed.utf8)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1: bytes.insert(contentsOf: words.randomElement(using: &random)!.utf8, at: place)
                case 2:
                    bytes.removeSubrange(
                        place..<min(bytes.count, place + Int.random(in: 1...8, using: &random)))
                default: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
                }
            }
            let file = SourceFile(name: "rules", bytes: bytes)
            let built = RuleSetBuilder(catalogue: .standard).buildAll(file)
            for diagnostic in built.diagnostics {
                let ranges = [diagnostic.range] + diagnostic.notes.compactMap(\.range)
                #expect(
                    ranges.allSatisfy { 0 <= $0.lower && $0.lower <= $0.upper && $0.upper <= bytes.count })
            }
            #expect(built.ruleSets.isEmpty == built.diagnostics.contains { $0.severity == .error })
            for ruleSet in built.ruleSets {
                let printed = RuleText.save(ruleSet)
                let again = RuleText.build(printed, family: ruleSet.family)
                #expect(again.ruleSet.map(RuleText.save) == printed)
            }
        }
    }
}
