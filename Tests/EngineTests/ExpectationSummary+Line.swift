import Conntrack
import Packets

extension ExpectationSummary {
    /// As `conntrack -L expect` prints it, without times.
    var line: String {
        let mask = { (bits: UInt128) in IPAddress(family: tuple.family, bits: bits).description }
        let isGRE = tuple.transportProtocol == .gre
        let whole: UInt128 = tuple.family == .ipv4 ? 0xffff_ffff : .max
        var words = ["proto=\(tuple.transportProtocol.rawValue)", ends(tuple)]
        words.append("mask-src=\(mask(sourceMask)) mask-dst=\(mask(whole))")
        words.append(
            isGRE
                ? "srckey=0x\(String(sourcePortMask, radix: 16)) dstkey=0xffff"
                : "sport=\(sourcePortMask) dport=65535")
        words += ends(master).split(separator: " ").map { word in
            word.hasPrefix("src") || word.hasPrefix("dst") ? "master-\(word)" : String(word)
        }
        let flags = (isPermanent ? ["PERMANENT"] : []) + (isInactive ? ["INACTIVE"] : [])
        if !flags.isEmpty { words.append(flags.joined(separator: ",")) }
        words.append("class=\(policyClass)")
        if let helper { words.append("helper=\(helper.rawValue)") }
        return words.joined(separator: " ")
    }

    private func ends(_ tuple: FlowTuple) -> String {
        func address(_ bits: UInt128) -> String { IPAddress(family: tuple.family, bits: bits).description }
        let ports =
            tuple.transportProtocol == .gre
            ? "srckey=0x\(String(tuple.sourcePort, radix: 16)) dstkey=0x\(String(tuple.destinationPort, radix: 16))"
            : "sport=\(tuple.sourcePort) dport=\(tuple.destinationPort)"
        return "src=\(address(tuple.source)) dst=\(address(tuple.destination)) \(ports)"
    }
}
