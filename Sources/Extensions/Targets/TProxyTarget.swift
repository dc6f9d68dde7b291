import Packets
public import RuleModel

/// `-j TPROXY`, revision 1 (extensions/libxt_TPROXY.c; net/netfilter/xt_TPROXY.c).
public struct TProxyTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "TPROXY", tables: [.mangle], hooks: [.prerouting], protocols: [.tcp, .udp],
        options: [
            OptionSpec("--on-port", required: true), OptionSpec("--on-ip"), OptionSpec("--tproxy-mark"),
        ])

    private let proxy: TransparentProxy

    public init?(_ reader: inout OptionReader) {
        guard let argument = reader.option("--on-port")?.arguments[0],
            let port = argument.text.isEmpty ? 0 : reader.port(argument, .any)
        else { return nil }
        let address = reader.option("--on-ip").flatMap { reader.address($0.arguments[0]) }
        var mark: (value: UInt32, mask: UInt32) = (0, 0)
        if let argument = reader.option("--tproxy-mark")?.arguments[0] {
            guard let given = reader.valueAndMask(argument, what: "a mark") else { return nil }
            mark = given
        }
        if reader.hasErrors { return nil }
        proxy = TransparentProxy(
            address: IPAddress(family: reader.context.family, bits: address ?? 0), port: port,
            markValue: mark.value, markMask: mark.mask)
    }

    public var action: Action { .proxy(proxy) }

    public var savedWords: [String] {
        savedOption("--on-port", "\(proxy.port)") + savedOption("--on-ip", "\(proxy.address)")
            + savedOption(
                "--tproxy-mark", "\(savedHexadecimal(proxy.markValue))/\(savedHexadecimal(proxy.markMask))")
    }
}
