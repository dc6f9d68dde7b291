import Packets

/// Packets that are alike: for some fields, which values they have; any in all others.
public struct HeaderSet: Hashable, Sendable {
    /// A field by its name in queries (`src`, `dport`, `state`), or in words for one that queries don't know.
    public struct Term: Hashable, Sendable {
        public var field: String
        /// Values, ranges, prefixes, joined by commas; `not` before them for all others: `80,443`, `not 10.0.0.0/8`.
        public var values: String
    }

    /// In the order in which people say them.
    public var terms: [Term]

    /// `tcp from 10.0.0.0/8 to any dport 80,443 in eth0 state NEW`.
    public var text: String {
        func value(_ field: String) -> String? { terms.first { $0.field == field }?.values }
        var words = [value("proto") ?? "any"]
        if let mark = words.first, mark.hasPrefix("not ") { words = ["proto \(mark)"] }
        words += ["from", value("src") ?? "any", "to", value("dst") ?? "any"]
        for term in terms where !["proto", "src", "dst"].contains(term.field) {
            words.append(term.values.isEmpty ? term.field : "\(term.field) \(term.values)")
        }
        return words.joined(separator: " ")
    }
}

/// Several header sets that are together a set of packets, or a part of it.
public struct HeaderSets: Hashable, Sendable {
    public var sets: [HeaderSet]
    /// Whether they are all; else there are more.
    public var isComplete: Bool
}

extension PacketSpace {
    /// The set as few header sets, which may overlap.
    /// - Parameters:
    ///   - domain: a set around it; what goes for all packets of it isn't said.
    ///   - limit: how many at most.
    public func describe(_ set: PacketSet, within domain: PacketSet? = nil, limit: Int) -> HeaderSets {
        var description = SetDescription(self, set, within: domain ?? everything)
        var found: [SetDescription.Box] = []
        while found.count < limit, let next = description.next() { found.append(next) }
        if description.isDone { found = withoutCovered(found) }
        return HeaderSets(sets: found.map(\.header), isComplete: description.isDone)
    }

    /// Leaves out boxes that others hold all of.
    private func withoutCovered(_ boxes: [SetDescription.Box]) -> [SetDescription.Box] {
        var left = boxes
        for index in boxes.indices.reversed() {
            let others = left.enumerated().filter { $0.offset != index }.map(\.element.packets)
            if store.subtract(store.or(others), from: left[index].packets) == .never { left.remove(at: index) }
        }
        return left
    }
}
