/// Text of unknown origin, made safe for a terminal.
public enum SafeText {
    /// One character as it may be shown, and its width in columns.
    struct Cell {
        let text: String
        let width: Int
    }

    /// Control characters, and characters that move, hide or reorder others, become `\u{…}`; a tab becomes blanks
    /// up to the next multiple of four columns.
    static func cell(_ character: Unicode.Scalar, atColumn column: Int) -> Cell {
        if character == "\t" {
            let width = 4 - column % 4
            return Cell(text: String(repeating: " ", count: width), width: width)
        }
        let isShown =
            switch character.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                false
            default: true
            }
        guard isShown else {
            let text = "\\u{\(String(character.value, radix: 16))}"
            return Cell(text: text, width: text.utf8.count)
        }
        return Cell(text: String(character), width: width(of: character))
    }

    /// For one line of output: a newline is made safe too.
    public static func line(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
        var safe = ""
        var column = 0
        for character in text.unicodeScalars {
            let cell = cell(character, atColumn: column)
            safe += cell.text
            column += cell.width
        }
        return safe
    }

    /// 0 for combining marks, 2 for the blocks that terminals show wide (Unicode Standard Annex 11), else 1.
    private static func width(of character: Unicode.Scalar) -> Int {
        switch character.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch character.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff,
            0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff,
            0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}
