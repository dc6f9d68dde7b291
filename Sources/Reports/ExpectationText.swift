public import Conntrack
import Packets

extension ExpectationSummary {
    /// `conntrack -L expect` (`expect/snprintf_default.c` in libnetfilter_conntrack).
    var listing: String {
        func end(_ prefix: String, _ tuple: FlowTuple) -> String {
            let source = address(tuple.source)
            let destination = address(tuple.destination)
            return "\(prefix)src=\(source) \(prefix)dst=\(destination) "
                + "sport=\(tuple.sourcePort) dport=\(tuple.destinationPort) "
        }
        var mask = tuple
        mask.source = sourceMask
        mask.destination = tuple.family == .ipv4 ? 0xffff_ffff : .max
        mask.sourcePort = sourcePortMask
        mask.destinationPort = .max
        var text = "\(secondsLeft) proto=\(tuple.transportProtocol.rawValue) "
        text += end("", tuple) + end("mask-", mask) + end("master-", master)
        var flags: [String] = []
        if isPermanent { flags.append("PERMANENT") }
        if isInactive { flags.append("INACTIVE") }
        if !flags.isEmpty { text += flags.joined(separator: ",") + " " }
        text += "class=\(policyClass)"
        if let helper { text += " helper=\(helper.rawValue)" }
        return text
    }

    /// `ftp expects tcp 198.51.100.21:20 > 198.51.100.1:52003`, `*` for what may be anything.
    var words: String {
        func end(_ address: UInt128, _ port: UInt16, _ addressMask: UInt128, _ portMask: UInt16) -> String {
            let host = addressMask == 0 ? "*" : self.address(address)
            let port = portMask == 0 ? "*" : String(port)
            return tuple.family == .ipv4 ? "\(host):\(port)" : "[\(host)]:\(port)"
        }
        return "\(tuple.transportProtocol) "
            + end(tuple.source, tuple.sourcePort, sourceMask, sourcePortMask) + " > "
            + end(tuple.destination, tuple.destinationPort, .max, .max)
    }

    private func address(_ bits: UInt128) -> String {
        IPAddress(family: tuple.family, bits: bits).description
    }
}

extension ExpectationEvent {
    /// One line for people.
    public var words: String {
        switch self {
        case .made(let expectation):
            "\(expectation.helper?.rawValue ?? "a helper") expects \(expectation.words)"
        case .met(let expectation):
            "expected by \(expectation.helper?.rawValue ?? "a helper"): \(expectation.words)"
        }
    }
}

extension [UInt8] {
    /// `,"expectations":[{"event":"made","helper":"ftp","listing":"300 proto=6 …"}]`; nothing for none.
    mutating func append(expectations events: [ExpectationEvent]) {
        guard !events.isEmpty else { return }
        append(",\"expectations\":[")
        for (index, event) in events.enumerated() {
            let (name, expectation) =
                switch event {
                case .made(let expectation): ("made", expectation)
                case .met(let expectation): ("met", expectation)
                }
            append(text: "\(index == 0 ? "" : ","){\"event\":\"\(name)\"")
            if let helper = expectation.helper { append(text: ",\"helper\":\"\(helper.rawValue)\"") }
            append(text: ",\"expectation\":\"\(expectation.listing)\"}")
        }
        append("]")
    }
}
