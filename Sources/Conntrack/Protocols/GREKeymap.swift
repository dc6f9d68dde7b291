internal import Packets

/// Which source key a packet of PPTP's GRE belongs to, which it doesn't say itself (`gre_keymap_lookup`): what control
/// connections have agreed on.
struct GREKeymap {
    private struct Key: Hashable {
        var family: AddressFamily
        var source: UInt128
        var destination: UInt128
        var destinationKey: UInt16

        init(_ tuple: FlowTuple) {
            family = tuple.family
            source = tuple.source
            destination = tuple.destination
            destinationKey = tuple.destinationPort
        }
    }

    private struct Entry {
        var sourceKey: UInt16
        var owner: Int
    }

    /// The earliest first.
    private var entries: [Key: [Entry]] = [:]

    var isEmpty: Bool { entries.isEmpty }

    func sourceKey(of tuple: FlowTuple) -> UInt16 { entries[Key(tuple)]?.first?.sourceKey ?? 0 }

    /// - Parameter owner: the control connection's entry.
    mutating func add(_ tuple: FlowTuple, owner: Int) {
        entries[Key(tuple), default: []].append(Entry(sourceKey: tuple.sourcePort, owner: owner))
    }

    mutating func remove(_ tuple: FlowTuple, owner: Int) {
        let key = Key(tuple)
        guard let place = entries[key]?.firstIndex(where: { $0.owner == owner }) else { return }
        entries[key]?.remove(at: place)
        if entries[key]?.isEmpty ?? false { entries[key] = nil }
    }
}

extension ConnectionTable {
    /// The keymap gets one entry for each direction of a control connection (`nf_ct_gre_keymap_add`).
    /// - Returns: false if it has another one already; the connection then loses both if it is about answers.
    mutating func addKey(
        _ tuple: FlowTuple, _ direction: Direction, of entry: Int, _ memory: inout PPTPMemory
    ) -> Bool {
        if let known = memory[direction] {
            let isSame =
                known.source == tuple.source && known.destination == tuple.destination
                && known.destinationPort == tuple.destinationPort
            if !isSame, direction == .reply { forgetKeys(of: entry, &memory) }
            return isSame
        }
        memory[direction] = tuple
        greKeys.add(tuple, owner: entry)
        return true
    }

    /// `nf_ct_gre_keymap_destroy`
    mutating func forgetKeys(of entry: Int, _ memory: inout PPTPMemory) {
        for direction in [Direction.original, .reply] {
            guard let tuple = memory[direction] else { continue }
            greKeys.remove(tuple, owner: entry)
            memory[direction] = nil
        }
    }

    /// The tuple with the source key that its packet doesn't say.
    func completed(_ tuple: FlowTuple, _ transport: TransportBytes, _ bytes: RawSpan) -> FlowTuple {
        guard tuple.transportProtocol == .gre, !greKeys.isEmpty, GRETracker.hasKey(transport, bytes) else {
            return tuple
        }
        var tuple = tuple
        tuple.sourcePort = greKeys.sourceKey(of: tuple)
        return tuple
    }
}
