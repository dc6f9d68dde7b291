internal import Packets

/// Finds the entry and direction of a tuple: open addressing with linear probing, at most half full, 8 bytes
/// a slot. It holds hashes and references only; tuples are compared in the entries. A hash's upper bits are its place, so
/// that neighbours in a range of hashes are neighbours here.
struct TupleIndex: ~Copyable {
    private struct Slot: BitwiseCopyable {
        var hash: UInt32
        /// 0 is an empty slot, else a `Reference`'s raw value.
        var reference: UInt32
    }

    /// An entry's number and the direction whose tuple this is.
    struct Reference: Equatable, BitwiseCopyable {
        fileprivate var rawValue: UInt32

        init(_ entry: Int, _ direction: Direction) {
            rawValue = (UInt32(entry) << 1 | UInt32(direction.rawValue)) &+ 1
        }

        fileprivate init(rawValue: UInt32) { self.rawValue = rawValue }

        var entry: Int { Int((rawValue &- 1) >> 1) }
        var direction: Direction { (rawValue &- 1) & 1 == 0 ? .original : .reply }
    }

    private var slots: [Slot]
    private var mask: Int
    /// How far right a hash goes to become a place.
    private var shift: UInt32
    private var used = 0

    init() {
        mask = 4095
        shift = 32 - 12
        slots = [Slot](repeating: Slot(hash: 0, reference: 0), count: mask + 1)
    }

    /// The connection to which a tuple belongs, and in which direction.
    func find(_ tuple: FlowTuple, hash: UInt32, in connections: borrowing ConnectionSlab) -> Reference? {
        var at = home(hash)
        while slots[at].reference != 0 {
            if slots[at].hash == hash {
                let reference = Reference(rawValue: slots[at].reference)
                let entry = reference.entry
                let found =
                    reference.direction == .original
                    ? connections[entry].original.matches(tuple) : connections[entry].reply.matches(tuple)
                if found { return reference }
            }
            at = (at + 1) & mask
        }
        return nil
    }

    mutating func insert(_ reference: Reference, hash: UInt32) {
        if (used + 1) * 2 > mask { grow() }
        used += 1
        place(Slot(hash: hash, reference: reference.rawValue))
    }

    mutating func remove(_ reference: Reference, hash: UInt32) {
        var hole = home(hash)
        while slots[hole].reference != reference.rawValue {
            guard slots[hole].reference != 0 else { return }
            hole = (hole + 1) & mask
        }
        used -= 1
        // Close the gap, so that no probe ends too early.
        var at = (hole + 1) & mask
        while slots[at].reference != 0 {
            let distanceFromHome = (at - home(slots[at].hash)) & mask
            if distanceFromHome >= (at - hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        slots[hole].reference = 0
    }

    /// The references of tuples whose hashes are in a range.
    /// - Parameter limit: how many slots to look at, at most.
    func references(hashed hashes: ClosedRange<UInt32>, limit: Int) -> [Reference] {
        var found: [Reference] = []
        let first = home(hashes.lowerBound)
        let least = home(hashes.upperBound) - first
        for step in 0..<min(limit, slots.count) {
            let slot = slots[(first + step) & mask]
            if slot.reference == 0 {
                // Behind the last home, probing ends at an empty slot.
                if step >= least { break }
            } else if hashes.contains(slot.hash) {
                found.append(Reference(rawValue: slot.reference))
            }
        }
        return found
    }

    @inline(__always)
    private func home(_ hash: UInt32) -> Int { Int(hash >> shift) }

    private mutating func place(_ slot: Slot) {
        var at = home(slot.hash)
        while slots[at].reference != 0 { at = (at + 1) & mask }
        slots[at] = slot
    }

    private mutating func grow() {
        let old = slots
        let count = mask + 1
        slots = [Slot](repeating: Slot(hash: 0, reference: 0), count: count * 2)
        mask = count * 2 - 1
        shift -= 1
        for at in 0..<count where old[at].reference != 0 { place(old[at]) }
    }
}
