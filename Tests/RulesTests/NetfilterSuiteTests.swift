import Diagnostics
import Extensions
import Foundation
import Packets
import RuleModel
import Testing

/// netfilter's own test suite as iptables-legacy 1.8.9 answered it; it lies beside the repository, so the test is
/// skipped where it isn't.
@Suite(.enabled(if: SharedMaterial.exists("corpus/suite/cases.jsonl")))
struct NetfilterSuiteTests {
    struct Case: Decodable {
        let file: String
        let line: Int
        let family: UInt8
        let table: String?
        let chain: String?
        let args: String?
        let accepted: Bool?
        let saved: [String]?
        let error: String?

        /// The kernel refused for what its machine lacks: a module, an accounting object.
        var isOfTheMachine: Bool {
            guard let error else { return false }
            return error.contains("missing kernel module")
                || file == "libxt_set.t" && error.contains("doesn't exist")
                || file == "libxt_nfacct.t" && error.contains("No chain/target/match by that name")
        }
    }

    @Test func answersAsIptablesDoes() throws {
        let text = try String(
            contentsOf: SharedMaterial.root.appending(path: "corpus/suite/cases.jsonl"), encoding: .utf8)
        var checked = 0
        var unsupported = 0
        var wrong: [String] = []
        for line in text.split(separator: "\n") {
            let test = try JSONDecoder().decode(Case.self, from: Data(line.utf8))
            guard let table = test.table, let chain = test.chain, let args = test.args,
                let accepted = test.accepted, !test.isOfTheMachine
            else { continue }
            let built = RuleText.build(
                "*\(table)\n-A \(chain) \(args)\nCOMMIT\n", family: AddressFamily(rawValue: test.family))
            if built.diagnostics.contains(where: { $0.message.contains("not supported yet") }) {
                unsupported += 1
                continue
            }
            checked += 1
            let place = "\(test.file):\(test.line) \(chain) \(args)"
            guard let ruleSet = built.ruleSet else {
                if accepted { wrong.append("\(place): refused: \(built.diagnostics.first?.message ?? "")") }
                continue
            }
            let printed = SyntaxPrinter(ruleSet).text().split(separator: "\n").filter { $0.hasPrefix("-A") }
            if !accepted {
                wrong.append("\(place): accepted")
            } else if printed.map(String.init) != test.saved {
                wrong.append("\(place): \(printed) <> \(test.saved ?? [])")
            }
        }
        print("suite: \(checked) checked, \(unsupported) unsupported, \(wrong.count) wrong")
        #expect(wrong == [])
        #expect(checked > 100)
    }
}
