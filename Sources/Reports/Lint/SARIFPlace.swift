import Diagnostics

/// Places in one file, as SARIF writes them. Columns count code points, the unit that `columnKind` names.
struct SARIFPlace {
    private let file: SourceFile

    init(_ file: SourceFile) { self.file = file }

    func location(_ range: SourceRange) -> JSONValue {
        ["artifactLocation": artifact, "region": region(range)]
    }

    var artifact: JSONValue { ["uri": .string(uri)] }

    func region(_ range: SourceRange) -> JSONValue {
        let (start, end) = (place(range.lower), place(range.upper))
        return [
            "startLine": .number(start.line), "startColumn": .number(start.column), "endLine": .number(end.line),
            "endColumn": .number(end.column),
        ]
    }

    private func place(_ offset: Int) -> (line: Int, column: Int) {
        let position = file.position(of: offset)
        let before = file.text(SourceRange(offset - position.column + 1, offset))
        return (position.line, before.unicodeScalars.count + 1)
    }

    /// A reference of RFC 3986; a relative name stays relative.
    private var uri: String {
        var text = file.name.hasPrefix("/") ? "file://" : ""
        for byte in file.name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return text
    }
}
