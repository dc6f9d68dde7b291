internal import Packets

/// The connections of each source, the latest first (`nf_nat_bysource`): further connections of the source get the same
/// translated one if they can.
struct SourceIndex: ~Copyable {
    /// Where a connection comes from: `same_src` in `nf_nat_core.c`.
    private struct Source: Hashable {
        var family: AddressFamily
        var transportProtocol: IPProtocol
        var port: UInt16
        var address: UInt128

        init(_ tuple: FlowTuple) {
            family = tuple.family
            transportProtocol = tuple.transportProtocol
            port = tuple.sourcePort
            address = tuple.source
        }
    }

    /// Neighbours in the list of an entry's source, as entries; `none` at its ends.
    private struct Link: BitwiseCopyable {
        var previous = SourceIndex.none
        var next = SourceIndex.none
    }

    private static let none = Int32(-1)
    private var latest: [Source: Int32] = [:]
    /// By entry.
    private var links: [Link] = []

    /// The latest entry of a tuple's source.
    func first(_ tuple: FlowTuple) -> Int? { latest[Source(tuple)].map(Int.init) }

    /// The entry of the same source before this one.
    func next(_ entry: Int) -> Int? {
        let next = links[entry].next
        return next == SourceIndex.none ? nil : Int(next)
    }

    /// - Parameter tuple: the original one of the entry.
    mutating func insert(_ entry: Int, _ tuple: FlowTuple) {
        while links.count <= entry { links.append(Link()) }
        let old = latest.updateValue(Int32(entry), forKey: Source(tuple))
        links[entry] = Link(next: old ?? SourceIndex.none)
        if let old { links[Int(old)].previous = Int32(entry) }
    }

    /// Of an entry that was inserted.
    mutating func remove(_ entry: Int, _ tuple: FlowTuple) {
        let link = links[entry]
        if link.next != SourceIndex.none { links[Int(link.next)].previous = link.previous }
        if link.previous != SourceIndex.none {
            links[Int(link.previous)].next = link.next
        } else {
            latest[Source(tuple)] = link.next == SourceIndex.none ? nil : link.next
        }
    }
}
