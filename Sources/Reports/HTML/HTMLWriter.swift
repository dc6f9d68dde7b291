import Diagnostics

/// Writes nodes as HTML that is well-formed XML, too.
struct HTMLWriter {
    private(set) var text = ""

    /// Markup that is written in our own sources; see `HTMLPage`.
    mutating func write(markup: StaticString) { text += markup.description }

    mutating func write(_ nodes: [HTMLNode]) {
        for node in nodes { write(node) }
    }

    private mutating func write(_ node: HTMLNode) {
        switch node {
        case .text(let content): write(escaping: content)
        case .element(let tag, let attributes, let children):
            text += "<\(tag.rawValue)"
            for attribute in attributes {
                text += " \(attribute.name)=\""
                write(escaping: attribute.value)
                text += "\""
            }
            if tag.isVoid {
                precondition(children.isEmpty, "nothing is in a <\(tag.rawValue)>")
                text += "/>"
                return
            }
            text += ">"
            write(children)
            text += "</\(tag.rawValue)>"
            // A line for each block, so that two pages can be compared.
            switch tag {
            case .tr, .p, .li, .dd, .g, .h1, .h2, .h3, .section, .table, .tbody, .thead: text += "\n"
            default: break
            }
        }
    }

    /// Text that may come from anywhere: no character of it is markup, and those that hide or reorder others are
    /// visible.
    mutating func write(escaping content: String) {
        for character in SafeText.line(content).unicodeScalars {
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.unicodeScalars.append(character)
            }
        }
    }
}
