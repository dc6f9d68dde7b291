import AddressSets
import Diagnostics
import Foundation
import TestSupport
import Testing

struct SetMistakeTests {
    /// `GATEHOUSE_RECORD=1` writes what is printed now, to be read and committed.
    @Test func mistakesAreExplained() throws {
        let file = SourceFile(name: "mistakes.ipset", text: try Fixtures.text("mistakes.ipset"))
        let result = SetFileReader(file).read()
        let printed = DiagnosticRenderer().render(result.diagnostics)
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try Data(printed.utf8).write(to: Fixtures.root.appending(path: "mistakes.expected"))
        }
        #expect(printed == (try Fixtures.text("mistakes.expected")))
        #expect(result.catalogue == nil)
    }

    /// Random damage: the reader ends, never traps, says little enough, and prints what it took in a form that it reads.
    @Test(arguments: 0..<20)
    func damageIsReported(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let lines = try ["commands.table", "unjudged.table"].flatMap { name in
            try Fixtures.text(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
                .flatMap { $0.components(separatedBy: " ; ")[0].components(separatedBy: " | ") }
        }
        for _ in 0..<60 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                bytes += Array(lines.randomElement(using: &random)!.utf8) + [UInt8(ascii: "\n")]
            }
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1:
                    bytes.insert(Array("0123456789,-/: \"x".utf8).randomElement(using: &random)!, at: place)
                default: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            let result = SetFileReader(SourceFile(name: "sets", bytes: bytes)).read()
            #expect(result.diagnostics.count <= 402)
            let rendered = DiagnosticRenderer().render(result.diagnostics)
            #expect(rendered.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\n") })
            for diagnostic in result.diagnostics {
                let range = diagnostic.range
                #expect(0 <= range.lower && range.lower <= range.upper && range.upper <= bytes.count)
            }
            if let catalogue = result.catalogue {
                let printed = SetPrinter(catalogue).text()
                #expect(printed.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 10 || $0 == 9 })
            }
        }
    }

    @Test func noFileTakesTooMuch() {
        func messages(_ text: String) -> [String] {
            let limits = SetLimits(elements: 1000, steps: 5000)
            return SetFileReader(SourceFile(name: "sets", text: text), limits: limits).read().diagnostics
                .map(\.message)
        }
        #expect(
            messages("create a hash:ip maxelem 4294967295\nadd a 1.0.0.0/8\n") == [
                "more than 1000 elements in this file"
            ])
        let again =
            "create a bitmap:port range 0-999\n" + String(repeating: "add -exist a 0-999\n", count: 9)
        #expect(messages(again) == ["the commands up to here go through more than 5000 elements"])
        let flushes = "create a hash:ip\n" + String(repeating: "flush\n", count: 6000)
        #expect(messages(flushes) == ["the commands up to here go through more than 5000 elements"])
        let interfaces = "create a hash:net,iface\n" + (0..<65).map { "add a 10.0.0.0/8,e\($0)\n" }.joined()
        #expect(read(interfaces).diagnostics.map(\.message) == ["the set is full: its maxelem is 65536"])
        #expect(read("create a hash:ip netmask 1\nadd a 128.0.0.0-255.255.255.255\n").catalogue != nil)
    }

    @Test func savedTextIsToldFromRules() {
        func recognizes(_ text: String) -> Bool {
            SetFileReader.recognizes(SourceFile(name: "x", text: text))
        }
        #expect(recognizes("# comment\ncreate a hash:ip family inet\nadd a 1.1.1.1\n"))
        #expect(recognizes("-N a iphash\n"))
        #expect(recognizes("flush a\nadd a 1.1.1.1\n"))
        #expect(!recognizes("*filter\nCOMMIT\n"))
        #expect(!recognizes("-N chain\n"))
        #expect(!recognizes("-A INPUT -j ACCEPT\n"))
        #expect(!recognizes("ipset create a hash:ip\n"))
        #expect(!recognizes(""))
    }
}
