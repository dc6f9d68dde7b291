import RuleModel

/// A number with a mask, or a name from one of iproute2's files: realms and device groups (`xtables_parse_val_mask` and
/// `xtables_print_val_mask` in libxtables/xtables.c). The names are those of Debian 12's files, kept in our source, so
/// that a rule file means the same on every machine.
struct NamedNumberTest: Hashable, Sendable {
    let value: UInt32
    let mask: UInt32
    let isNegated: Bool
    private let zeroName: String

    /// - Parameter zeroName: the name of 0, the only one that the file has.
    init?(_ option: ParsedOption, zeroName: String, what: String, _ reader: inout OptionReader) {
        self.zeroName = zeroName
        isNegated = option.isNegated
        if option.arguments[0].text == zeroName {
            (value, mask) = (0, .max)
            return
        }
        guard let (value, mask) = reader.valueAndMask(option.arguments[0], what: what) else { return nil }
        (self.value, self.mask) = (value, mask)
    }

    var savedWord: String { value == 0 && mask == .max ? zeroName : savedMark(value, mask) }
}
