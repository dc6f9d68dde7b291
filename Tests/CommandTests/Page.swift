import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// A report as a tree of elements. Reports are well-formed XML, so every tag is closed and every attribute quoted.
final class Page {
    final class Node {
        let name: String
        let attributes: [String: String]
        var children: [Node] = []
        /// Of the node and of all in it.
        var text = ""

        init(_ name: String, _ attributes: [String: String]) {
            self.name = name
            self.attributes = attributes
        }

        func all(_ name: String) -> [Node] {
            children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
        }

        var everything: [Node] { [self] + children.flatMap(\.everything) }

        func has(class name: String) -> Bool {
            attributes["class"]?.split(separator: " ").contains { $0 == name } ?? false
        }
    }

    let root: Node

    struct Malformed: Error { var message: String }

    init(_ text: String) throws {
        let parser = XMLParser(data: Data(text.utf8))
        let builder = Builder()
        parser.delegate = builder
        guard parser.parse(), let root = builder.root.children.first else {
            throw Malformed(
                message: "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "empty")")
        }
        self.root = root
    }

    func section(_ id: String) -> Node? { root.all("section").first { $0.attributes["id"] == id } }

    private final class Builder: NSObject, XMLParserDelegate {
        let root = Node("", [:])
        private lazy var open = [root]

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            let node = Node(name, attributes)
            open.last!.children.append(node)
            open.append(node)
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            for node in open { node.text += text }
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { open.removeLast() }
    }
}
