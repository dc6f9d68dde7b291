/// JSON appended to a byte buffer, without building a tree: one line for every packet has to be cheap.
extension [UInt8] {
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }

    mutating func append(number: some BinaryInteger) {
        if number == 0 {
            append(UInt8(ascii: "0"))
            return
        }
        if number < 0 { append(UInt8(ascii: "-")) }
        let start = count
        var rest = number.magnitude
        while rest > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        self[start...].reverse()
    }

    /// A JSON string with its quotes. Control characters, and those that could steer a terminal or break a line
    /// (U+007F–U+009F, U+2028, U+2029, directional overrides), are escaped.
    mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\t": append("\\t")
            case "\r": append("\\r")
            case _ where !scalar.isPrintable:
                for unit in UTF16.encode(scalar)! {
                    append("\\u")
                    for shift in [12, 8, 4, 0] as [UInt16] {
                        let digit = UInt8(truncatingIfNeeded: (unit >> shift) & 15)
                        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                    }
                }
            default: append(contentsOf: UTF8.encode(scalar)!)
            }
        }
        append(UInt8(ascii: "\""))
    }
}

extension Unicode.Scalar {
    /// Whether a terminal shows it as itself: no control, format, surrogate or separator of lines.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
            false
        default: true
        }
    }
}
