import TestSupport

/// Random rules of the filter table that often have something to do with each other.
enum RandomFilter {
    private static let tests = [
        "-s 10.0.0.0/8", "-s 10.1.0.0/16,10.2.0.0/16", "! -s 10.1.2.0/24", "-p tcp", "-p tcp -m tcp --dport 22",
        "-p tcp -m tcp --dport 20:25", "-p tcp --syn", "-p udp -m multiport --dports 53,123",
        "-m state --state NEW", "-m limit --limit 5/min", "-m state --state ESTABLISHED", "-m mark --mark 1",
        "-m addrtype --dst-type LOCAL", "-i lo", "-i eth+", "", "",
    ]
    private static let targets = ["ACCEPT", "ACCEPT", "DROP", "DROP", "RETURN", "LOG", "REJECT"]
    private static let later = ["a": ["b", "c"], "b": ["c"], "c": []]

    static func text(_ random: inout SeededGenerator) -> String {
        func pick(_ from: [String]) -> String { from.randomElement(using: &random) ?? "" }
        var rules = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        rules += ":a - [0:0]\n:b - [0:0]\n:c - [0:0]\n"
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            if Int.random(in: 0..<10, using: &random) == 0 {
                rules += "# gatehouse: ignore=FW\(Int.random(in: 0...3, using: &random)) x\n"
                continue
            }
            let chain = pick(["INPUT", "INPUT", "FORWARD", "OUTPUT", "a", "b", "c"])
            var tests = [pick(RandomFilter.tests)]
            if Int.random(in: 0..<2, using: &random) == 0, !tests[0].contains("-s "), !tests[0].contains("-p ") {
                tests.append(pick(RandomFilter.tests.filter { $0.hasPrefix("-p ") || $0.contains("-s ") }))
            }
            if chain == "OUTPUT" { tests.removeAll { $0.hasPrefix("-i ") } }
            let target = pick(targets + (later[chain] ?? ["a", "b", "c"]))
            rules += "-A \(chain) \(tests.joined(separator: " ")) -j \(target)\n"
        }
        return rules + "COMMIT\n"
    }
}
