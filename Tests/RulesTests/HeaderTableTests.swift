import Packets
import RuleModel
import Testing

/// Lines of `Fixtures/Headers/*.table`, which iptables itself answered.
struct HeaderTableTests {
    @Test(arguments: [("ipv4", AddressFamily.ipv4), ("ipv6", .ipv6)])
    func linesMeanWhatIptablesSays(_ name: String, _ family: AddressFamily) throws {
        for line in try Fixtures.text("Headers/\(name).table").split(separator: "\n")
        where !line.hasPrefix("#") {
            let parts = line.split(separator: ";", omittingEmptySubsequences: false)
                .map { $0.trimming(while: { $0 == " " }) }
            try #require(parts.count == 3)
            let expected: [String]? =
                parts[2] == "OK" ? parts[1].split(separator: " | ").map(String.init) : nil
            let printed = RuleText.filter(":u - [0:0]\n\(parts[0])", family: family)?.filter {
                $0.hasPrefix("-A")
            }
            #expect(printed == expected, "\(parts[0])")
        }
    }

    /// iptables 1.8.9 takes the option's word itself for the value here; later versions read it as meant.
    @Test func attachedValuesAreRead() {
        #expect(
            RuleText.filter("-A INPUT -ptcp -s10.0.0.1 --dst=10.0.0.2 -ieth0 -jACCEPT")
                == ["-A INPUT -s 10.0.0.1/32 -d 10.0.0.2/32 -i eth0 -p tcp -j ACCEPT"])
        #expect(RuleText.filter("-A INPUT -fptcp") == ["-A INPUT -p tcp -f"])
        #expect(RuleText.filter("-AINPUT -mlimit") == ["-A INPUT -m limit --limit 3/hour"])
    }

    /// Names as iptables-save prints them, for every protocol number.
    @Test func protocolNumbersComeBack() throws {
        for number in 1...255 {
            let printed = try #require(RuleText.filter("-A INPUT -p \(number)"))
            let again = try #require(RuleText.filter(printed[0]))
            #expect(printed == again)
        }
    }
}

extension StringProtocol {
    fileprivate func trimming(while predicate: (Character) -> Bool) -> String {
        var text = Substring(self)
        while let first = text.first, predicate(first) { text.removeFirst() }
        while let last = text.last, predicate(last) { text.removeLast() }
        return String(text)
    }
}
