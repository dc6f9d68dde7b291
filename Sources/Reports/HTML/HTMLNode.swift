/// A piece of a page: text, or an element with what is in it. There is no way to put markup in as a string: text and
/// attributes are escaped when they are written.
enum HTMLNode: Sendable {
    case text(String)
    indirect case element(HTMLTag, [HTMLAttribute], [HTMLNode])
}

/// The elements that reports use (HTML Living Standard; SVG 2 from `svg` on).
enum HTMLTag: String, Sendable {
    case a, bdi, body, caption, code, col, colgroup, dd, details, div, dl, dt, figcaption, figure, footer, h1,
        h2, h3,
        header, input, label, li, main, nav, p, section, small, span, strong, summary, table, tbody, td, th,
        thead, tr, ul
    case svg, g, line, rect, title

    /// Whether it has no end tag ("void elements").
    var isVoid: Bool { self == .col || self == .input }
}

func element(_ tag: HTMLTag, _ attributes: HTMLAttribute...) -> HTMLNode { .element(tag, attributes, []) }

func element(_ tag: HTMLTag, _ attributes: HTMLAttribute..., @HTMLBuilder content: () -> [HTMLNode])
    -> HTMLNode
{
    .element(tag, attributes, content())
}

/// Lets what is in an element be listed in braces, strings standing for text.
@resultBuilder enum HTMLBuilder {
    static func buildExpression(_ text: String) -> [HTMLNode] { [.text(text)] }
    static func buildExpression(_ node: HTMLNode) -> [HTMLNode] { [node] }
    static func buildExpression(_ nodes: [HTMLNode]) -> [HTMLNode] { nodes }
    static func buildBlock(_ parts: [HTMLNode]...) -> [HTMLNode] { Array(parts.joined()) }
    static func buildOptional(_ part: [HTMLNode]?) -> [HTMLNode] { part ?? [] }
    static func buildEither(first part: [HTMLNode]) -> [HTMLNode] { part }
    static func buildEither(second part: [HTMLNode]) -> [HTMLNode] { part }
    static func buildArray(_ parts: [[HTMLNode]]) -> [HTMLNode] { Array(parts.joined()) }
}
