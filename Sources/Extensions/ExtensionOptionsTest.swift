import Packets
import RuleModel

/// The one test of `hbh` and `dst` (extensions/libip6t_hbh.c and libip6t_dst.c; `hbh_mt6` in
/// net/ipv6/netfilter/ip6t_hbh.c): a header of options, its length, and what it begins with.
struct ExtensionOptionsTest: Sendable {
    /// An option's type, and its length if that matters. Type 0 (Pad1) has none.
    private struct Item: Hashable, Sendable {
        var type: UInt8
        var length: UInt8?

        var text: String { length.map { "\(type):\($0)" } ?? "\(type)" }
    }

    /// `IP6T_OPTS_OPTSNR`
    private static let capacity = 16

    private let prefix: String
    /// In bytes.
    private var length: Negatable<UInt32>?
    private var items: [Item]?

    static func options(_ prefix: String) -> [OptionSpec] {
        [OptionSpec("--\(prefix)-len", negatable: true), OptionSpec("--\(prefix)-opts")]
    }

    /// - Parameter prefix: the options' common beginning, `hbh` or `dst`.
    init?(_ prefix: String, _ reader: inout OptionReader) {
        self.prefix = prefix
        if let option = reader.option("--\(prefix)-len") {
            guard
                let number = reader.number(
                    option.arguments[0], in: 0...UInt64(UInt32.max), what: "a header's length")
            else { return nil }
            length = Negatable(UInt32(number), isNegated: option.isNegated)
        }
        if let option = reader.option("--\(prefix)-opts") {
            guard let items = ExtensionOptionsTest.items(option.arguments[0], &reader) else { return nil }
            self.items = items
        }
    }

    /// `parse_options`
    private static func items(_ argument: Argument, _ reader: inout OptionReader) -> [Item]? {
        var items: [Item] = []
        for piece in argument.pieces(separator: ",") {
            let parts = piece.pieces(separator: ":")
            guard items.count < capacity - (parts.count > 1 ? 1 : 0) else {
                reader.error("at most \(capacity) options, of which the last has no length", at: piece.range)
                return nil
            }
            guard parts.count <= 2 else {
                reader.error("an option is a type, or type:length", at: piece.range)
                return nil
            }
            guard let type = byte(parts[0], "an option's type", &reader) else { return nil }
            var item = Item(type: type, length: nil)
            if parts.count == 2 {
                guard type != 0 else {
                    reader.error("option 0 (Pad1) has no length", at: piece.range)
                    return nil
                }
                guard let length = byte(parts[1], "an option's length", &reader) else { return nil }
                // 255 is how iptables says "any".
                item.length = length == .max ? nil : length
            }
            items.append(item)
        }
        return items
    }

    /// Of a larger number, iptables keeps the last 8 bits.
    private static func byte(_ argument: Argument, _ what: String, _ reader: inout OptionReader) -> UInt8? {
        guard let number = reader.number(argument, in: 0...UInt64.max, what: what) else { return nil }
        let byte = UInt8(truncatingIfNeeded: number)
        if number > 255 { reader.warning("iptables takes \(number) for \(byte)", at: argument.range) }
        return byte
    }

    func condition(_ header: UInt8, name: String) -> Condition {
        var summary = "\(name) header"
        if let length { summary += ", \(length.isNegated ? "not " : "")\(length.value) bytes long" }
        if let items { summary += ", beginning with the options \(items.map(\.text).joined(separator: ","))" }
        return .extensionHeader(summary, header, needed: 2) {
            [length, items] ip, offset, headerLength, bytes in
            let isLength = length.map { ($0.value == UInt32(headerLength)) != $0.isNegated } ?? true
            guard let items else { return TestAnswer(isLength) }
            return TestAnswer(
                isLength && ExtensionOptionsTest.begins(ip, offset + 2, headerLength - 2, with: items, bytes))
        }
    }

    /// - Parameters:
    ///   - offset: where the options begin.
    ///   - length: how long they are together.
    private static func begins(
        _ ip: IPBytes, _ offset: Int, _ length: Int, with items: [Item], _ bytes: RawSpan
    ) -> Bool {
        var offset = offset
        var left = length
        for (index, item) in items.enumerated() {
            guard left >= 1, ip.byte(at: offset, bytes) == item.type else { return false }
            var step = 1
            if item.type != 0 {
                guard left >= 2, let length = ip.byte(at: offset + 1, bytes) else { return false }
                if let wanted = item.length, wanted != length { return false }
                step = Int(length) + 2
            }
            // The last one may be longer than the header.
            if index < items.count - 1, left < step || offset > ip.length - step { return false }
            offset += step
            left -= step
        }
        return true
    }

    var savedWords: [String] {
        var words: [String] = []
        if let length {
            words += savedOption("--\(prefix)-len", "\(length.value)", isNegated: length.isNegated)
        }
        if let items { words += savedOption("--\(prefix)-opts", items.map(\.text).joined(separator: ",")) }
        return words
    }
}
