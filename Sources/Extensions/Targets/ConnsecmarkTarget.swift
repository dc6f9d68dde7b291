public import RuleModel

/// `-j CONNSECMARK` (extensions/libxt_CONNSECMARK.c; net/netfilter/xt_CONNSECMARK.c).
public struct ConnsecmarkTarget: TargetExtension {
    public static let schema = ExtensionSchema(
        "CONNSECMARK", tables: [.mangle, .security],
        options: [OptionSpec("--save", argument: .none), OptionSpec("--restore", argument: .none)])

    private let option: String

    public init?(_ reader: inout OptionReader) {
        guard let option = reader.exactlyOne(of: ["--save", "--restore"]) else { return nil }
        self.option = option.name
    }

    public var action: Action {
        .connection(
            .aside(
                AsideEffect(
                    summary: option == "--save"
                        ? "give the connection the packet's security mark"
                        : "give the packet its connection's security mark")))
    }

    public var savedWords: [String] { [option] }
}
