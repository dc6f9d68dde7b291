import Diagnostics
import Yams

/// Reads a text of one YAML document within bounds: of its size, its depth (which libyaml bounds), the aliases in it
/// and the nodes they stand for.
struct YAMLDocument {
    private static let mostBytes = 256 << 10
    private static let mostNodes = 50_000
    private static let mostAliases = 24
    private static let mostDuplicates = 50

    private var places: SourcePlaces
    private var duplicates: [String: DuplicateKey] = [:]
    private var nodeCount = 0

    private struct DuplicateKey {
        let name: String
        let first: SourceRange
    }

    private init(_ file: SourceFile) { places = SourcePlaces(file) }

    /// Nil for an empty document, and after errors that keep it from being read.
    static func read(_ collector: inout DiagnosticCollector) -> YAMLNode? {
        let file = collector.file
        let start = SourceRange(0, 0)
        guard file.bytes.count <= mostBytes else {
            collector.error("a gateway policy has at most \(mostBytes >> 10) KiB", at: start)
            return nil
        }
        if let offset = UTF8Text.firstInvalid(file.bytes) {
            collector.error("not UTF-8", at: SourceRange(offset, offset + 1))
            return nil
        }
        if let range = AliasScan.excess(in: file.bytes, over: mostAliases) {
            collector.error("anchors with more than \(mostAliases) aliases", at: range)
            return nil
        }
        var document = YAMLDocument(file)
        return document.compose(&collector)
    }

    /// The parser stops at the first duplicate key. The first of two is then renamed, and the text is read again.
    private mutating func compose(_ collector: inout DiagnosticCollector) -> YAMLNode? {
        var scalars = Array(String(decoding: collector.file.bytes, as: UTF8.self).unicodeScalars)
        while true {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            do {
                guard let root = try Yams.compose(yaml: String(text), .basic, .default, .utf8) else {
                    return nil
                }
                return node(root, &collector)
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                var offset = places.scalarOffset(context.mark)
                if offset < scalars.count, scalars[offset] == "\"" || scalars[offset] == "'" { offset += 1 }
                let range = places.range(at: context.mark)
                let name = names.first ?? ""
                guard offset < scalars.count, scalars[offset] == name.unicodeScalars.first,
                    duplicates.count < YAMLDocument.mostDuplicates
                else {
                    let found = duplicates.values.sorted { $0.first.lower < $1.first.lower }
                    for duplicate in found + [DuplicateKey(name: name, first: range)] {
                        collector.error("duplicate key '\(duplicate.name)'", at: duplicate.first)
                    }
                    return nil
                }
                // A character of private use for the first one keeps all places as they are.
                scalars[offset] = Unicode.Scalar(UInt32(0xe000 + duplicates.count))!
                let renamed =
                    String(scalars[offset]) + name.unicodeScalars.dropFirst().map { String($0) }.joined()
                duplicates[renamed] = DuplicateKey(name: name, first: range)
            } catch {
                report(error, &collector)
                return nil
            }
        }
    }

    private mutating func node(_ node: Node, _ collector: inout DiagnosticCollector) -> YAMLNode? {
        nodeCount += 1
        guard let mark = node.mark else { preconditionFailure("what was parsed has a place") }
        guard nodeCount <= YAMLDocument.mostNodes else {
            if nodeCount == YAMLDocument.mostNodes + 1 {
                collector.error("more than \(YAMLDocument.mostNodes) values", at: places.range(at: mark))
            }
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return YAMLNode(
                content: .scalar(scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any),
                range: places.range(ofScalarAt: mark, isPlain: scalar.style == .plain, scalar.string))
        case .sequence(let sequence):
            var list: [YAMLNode] = []
            for item in sequence {
                guard let item = self.node(item, &collector) else { return nil }
                list.append(item)
            }
            return YAMLNode(content: .list(list), range: places.range(at: mark))
        case .mapping(let mapping):
            var pairs: [(key: YAMLNode, value: YAMLNode)] = []
            for (key, value) in mapping {
                guard var key = self.node(key, &collector), let value = self.node(value, &collector) else {
                    return nil
                }
                if let text = key.scalar, let duplicate = duplicates[text] {
                    key.content = .scalar(duplicate.name, isQuoted: false)
                }
                pairs.append((key, value))
            }
            reportDuplicates(pairs.map(\.key), &collector)
            return YAMLNode(content: .map(pairs), range: places.range(at: mark))
        case .alias: preconditionFailure("the parser puts an anchor's value in its alias's place")
        }
    }

    private func reportDuplicates(_ keys: [YAMLNode], _ collector: inout DiagnosticCollector) {
        guard !duplicates.isEmpty else { return }
        var first: [String: SourceRange] = [:]
        for key in keys {
            guard let name = key.scalar else { continue }
            guard let earlier = first[name] else {
                first[name] = key.range
                continue
            }
            collector.error(
                "duplicate key '\(name)'", at: key.range,
                notes: [Diagnostic.Note("it is here, too", at: earlier)])
        }
    }

    private func report(_ error: any Error, _ collector: inout DiagnosticCollector) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            if let star = [mark, context?.mark].compactMap({ $0 }).first(where: {
                places.byte(at: $0) == UInt8(ascii: "*")
            }) {
                return collector.error(
                    "a text that begins with '*' needs quotes: without them it is a YAML alias",
                    at: places.range(at: star))
            }
            let notes = context.map { [Diagnostic.Note($0.text, at: places.range(at: $0.mark))] } ?? []
            collector.error("YAML: \(problem)", at: places.range(at: mark), notes: notes)
        case YamlError.reader(let problem, let offset, _, _):
            let lower = places.byteOffset(ofCharacter: offset ?? 0)
            collector.error("YAML: \(problem)", at: SourceRange(lower, lower + 1))
        default: collector.error("YAML: \(error)", at: SourceRange(0, 0))
        }
    }
}
