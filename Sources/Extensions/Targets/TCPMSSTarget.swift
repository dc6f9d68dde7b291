public import Packets
public import RuleModel

/// `-j TCPMSS` (extensions/libxt_TCPMSS.c; net/netfilter/xt_TCPMSS.c).
public struct TCPMSSTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "TCPMSS", protocols: [.tcp],
        options: [OptionSpec("--set-mss"), OptionSpec("--clamp-mss-to-pmtu", argument: .none)])

    /// The size that stands for the path's (`XT_TCPMSS_CLAMP_PMTU`).
    private static let pathSize: UInt16 = 0xffff

    private let size: UInt16

    /// The later of the two options counts.
    public init?(_ reader: inout OptionReader) {
        guard let last = reader.options.last else {
            reader.error("one of --set-mss, --clamp-mss-to-pmtu is needed", at: reader.nameRange)
            return nil
        }
        let headerLength: UInt64 = reader.context.family == .ipv4 ? 20 : 40
        var size: UInt16?
        if reader.option("--set-mss") != nil {
            guard let number = reader.number(of: "--set-mss", in: 0...UInt64(UInt16.max) - headerLength)
            else {
                return nil
            }
            size = UInt16(number)
        }
        self.size = last.name == "--set-mss" ? size ?? 0 : TCPMSSTarget.pathSize
    }

    private var isClamped: Bool { size == TCPMSSTarget.pathSize }

    /// The size of a path is known where a packet is about to leave.
    public var hooks: Set<Hook>? { isClamped ? [.forward, .output, .postrouting] : nil }

    public func objection(to header: RuleHeader, _ matches: [any Match]) -> String? {
        if matches.contains(where: { ($0 as? TCPMatch)?.demandsSYN == true }) { return nil }
        return "TCPMSS works on SYN packets only: it needs --syn or --tcp-flags SYN,RST SYN"
    }

    public var action: Action { .change(.segmentSize(isClamped ? .ofPath : .atMost(size))) }

    public var savedWords: [String] {
        isClamped ? ["--clamp-mss-to-pmtu"] : savedOption("--set-mss", "\(size)")
    }
}
