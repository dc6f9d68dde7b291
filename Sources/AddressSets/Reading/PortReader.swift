import Diagnostics
import Packets
import RuleSyntax

/// `[PROTOCOL:]PORT[-PORT]` (`ipset_parse_proto_port` of `lib/parse.c`).
enum PortReader {
    struct Ports {
        var transportProtocol: IPProtocol
        var range: ClosedRange<UInt16>
    }

    static func ports(
        _ word: Word, _ type: SetType, _ family: AddressFamily?, _ diagnostics: inout DiagnosticCollector
    ) -> Ports? {
        let pieces = word.pieces(separator: ":")
        guard pieces.count == 2, !pieces[0].text.isEmpty, !pieces[1].text.isEmpty else {
            return range(word, .tcp, &diagnostics).map { Ports(transportProtocol: .tcp, range: $0) }
        }
        guard let transportProtocol = transportProtocol(pieces[0], &diagnostics) else { return nil }
        if type == .bitmapPort, transportProtocol != .tcp, transportProtocol != .udp {
            diagnostics.error("bitmap:port holds ports of TCP and UDP only", at: pieces[0].range)
            return nil
        }
        let range: ClosedRange<UInt16>?
        switch transportProtocol {
        case .tcp, .udp, .sctp, .udpLite: range = self.range(pieces[1], transportProtocol, &diagnostics)
        case .icmp, .icmpv6:
            let isIPv6 = transportProtocol == .icmpv6
            guard (family == .ipv6) == isIPv6 else {
                diagnostics.error(
                    "\(isIPv6 ? "ICMPv6" : "ICMP") is for the family \(isIPv6 ? "inet6" : "inet")",
                    at: pieces[0].range)
                return nil
            }
            range = typeAndCode(pieces[1], isIPv6: isIPv6, &diagnostics).map { $0...$0 }
        default:
            guard pieces[1].text == "0" else {
                diagnostics.error(
                    "the protocol \(pieces[0].text) has no ports: write \(pieces[0].text):0",
                    at: pieces[1].range)
                return nil
            }
            range = 0...0
        }
        return range.map { Ports(transportProtocol: transportProtocol, range: $0) }
    }

    private static func transportProtocol(_ word: Word, _ diagnostics: inout DiagnosticCollector)
        -> IPProtocol?
    {
        let number =
            parseNumber(word.text).map { UInt8(exactly: $0).map(IPProtocol.init(rawValue:)) }
            ?? IPProtocol(name: word.text)
        guard let number, number.rawValue != 0 else {
            diagnostics.error("\"\(word.text)\" is no protocol that a set may hold", at: word.range)
            return nil
        }
        return number
    }

    private static func range(
        _ word: Word, _ transportProtocol: IPProtocol, _ diagnostics: inout DiagnosticCollector
    ) -> ClosedRange<UInt16>? {
        if let port = port(word.text, transportProtocol) { return port...port }
        let bounds = word.pieces(separator: "-")
        guard bounds.count == 2, !bounds[0].text.isEmpty, !bounds[1].text.isEmpty else {
            diagnostics.error("\"\(word.text)\" is no port", at: word.range)
            return nil
        }
        let ports = bounds.map { port($0.text, transportProtocol) }
        for (bound, port) in zip(bounds, ports) where port == nil {
            diagnostics.error("\"\(bound.text)\" is no port", at: bound.range)
        }
        guard let first = ports[0], let last = ports[1] else { return nil }
        return min(first, last)...max(first, last)
    }

    private static func port(_ text: String, _ transportProtocol: IPProtocol) -> UInt16? {
        if let number = parseNumber(text) { return UInt16(exactly: number) }
        let isEscaped = text.hasPrefix("[") && text.hasSuffix("]") && text.utf8.count >= 2
        return ServiceNames.port(isEscaped ? String(text.dropFirst().dropLast()) : text, transportProtocol)
    }

    private static func typeAndCode(
        _ word: Word, isIPv6: Bool, _ diagnostics: inout DiagnosticCollector
    ) -> UInt16? {
        if let value = ICMPCodeNames.value(word.text, isIPv6: isIPv6) { return value }
        let parts = word.text.split(separator: "/", omittingEmptySubsequences: false).map {
            parseNumber($0).flatMap(UInt8.init(exactly:))
        }
        guard parts.count == 2, let type = parts[0], let code = parts[1] else {
            diagnostics.error(
                "\"\(word.text)\" is neither a name nor TYPE/CODE of \(isIPv6 ? "ICMPv6" : "ICMP")",
                at: word.range)
            return nil
        }
        return UInt16(type) << 8 | UInt16(code)
    }
}
