import Packets
import RuleModel

/// An option as `iptables-save` prints it: `!`, name, arguments.
func savedOption(_ name: String, _ arguments: String..., isNegated: Bool = false) -> [String] {
    (isNegated ? ["!", name] : [name]) + arguments
}

/// `5`, or `5:7` for a range of several numbers.
func savedRange<Number: Equatable>(_ low: Number, _ high: Number) -> String {
    low == high ? "\(low)" : "\(low):\(high)"
}

/// A text as `xtables_save_string` prints it (libxtables/xtables.c): in double quotes unless it is all letters, digits,
/// `_` and `-`.
func savedString(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
    if isPlain, !text.isEmpty { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
        if scalar == "\"" || scalar == "\\" || scalar == "'" { quoted += "\\" }
        quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
}

/// A text that `iptables-save` prints as it is; in quotes where it couldn't be read back else.
func savedWord(_ text: String) -> String {
    let isBare = text.utf8.allSatisfy { byte in
        byte > UInt8(ascii: " ") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'")
            && byte != UInt8(ascii: "\\")
    }
    return isBare && !text.isEmpty ? text : savedString(text)
}

/// A number as C's `%x` with `0x` before it.
func savedHexadecimal(_ number: UInt32) -> String { "0x" + String(number, radix: 16) }

/// A byte as C's `0x%02x`.
func savedByte(_ byte: UInt8) -> String {
    byte < 16 ? "0x0" + String(byte, radix: 16) : savedHexadecimal(UInt32(byte))
}

/// `0x1`, or `0x1/0xff` if the mask isn't all ones (`xtables_print_mark_mask`).
func savedMark(_ value: UInt32, _ mask: UInt32) -> String {
    mask == .max ? savedHexadecimal(value) : "\(savedHexadecimal(value))/\(savedHexadecimal(mask))"
}

extension String {
    /// As much of the text as fits into so many bytes, as `strncpy` cuts it, but no half characters.
    func cut(toBytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: count)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}

/// An address with its mask, as `xtables_ipmask_to_numeric` and `xtables_ip6mask_to_numeric` print it: `/24`, the mask itself
/// if it is no prefix, nothing for a whole IPv4 address.
func savedAddress(_ address: UInt128, mask: UInt128, _ family: AddressFamily) -> String {
    let text = IPAddress(family: family, bits: address).description
    guard let length = prefixLength(ofMask: mask, family) else {
        return "\(text)/\(IPAddress(family: family, bits: mask))"
    }
    return length == family.bitWidth ? text : "\(text)/\(length)"
}
