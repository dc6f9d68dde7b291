internal import Packets

/// Names an expectation for as long as it is known; goes stale, never wrong, when it ends.
struct ExpectationHandle: Equatable, BitwiseCopyable {
    fileprivate(set) var place: Int
    fileprivate(set) var serial: UInt64
}

/// The known expectations, found by the destination of the packet that they wait for (`nf_ct_expect_hash`).
struct ExpectationStore {
    private struct Destination: Hashable {
        var family: AddressFamily
        var transportProtocol: IPProtocol
        var port: UInt16
        var address: UInt128

        init(_ tuple: FlowTuple) {
            family = tuple.family
            transportProtocol = tuple.transportProtocol
            port = tuple.destinationPort
            address = tuple.destination
        }
    }

    private var places: [Expectation?] = []
    private var free: [Int] = []
    /// The latest first.
    private var byDestination: [Destination: [Int]] = [:]
    private var made: UInt64 = 0

    var count: Int { places.count - free.count }

    subscript(handle: ExpectationHandle) -> Expectation? {
        guard let found = places[handle.place], found.serial == handle.serial else { return nil }
        return found
    }

    /// Those that wait for packets to a tuple's destination, the latest first.
    func waiting(for tuple: FlowTuple) -> [ExpectationHandle] {
        guard !byDestination.isEmpty else { return [] }
        return (byDestination[Destination(tuple)] ?? []).compactMap { place in
            places[place].map { ExpectationHandle(place: place, serial: $0.serial) }
        }
    }

    /// All, in the order in which they were made.
    var all: [Expectation] { places.compactMap(\.self).sorted { $0.serial < $1.serial } }

    mutating func insert(_ expectation: Expectation) -> ExpectationHandle {
        made &+= 1
        var expectation = expectation
        expectation.serial = made
        let place: Int
        if let known = free.popLast() {
            place = known
            places[place] = expectation
        } else {
            place = places.count
            places.append(expectation)
        }
        byDestination[Destination(expectation.tuple), default: []].insert(place, at: 0)
        return ExpectationHandle(place: place, serial: made)
    }

    mutating func remove(_ handle: ExpectationHandle) {
        guard let known = self[handle] else { return }
        let destination = Destination(known.tuple)
        byDestination[destination]?.removeAll { $0 == handle.place }
        if byDestination[destination]?.isEmpty ?? false { byDestination[destination] = nil }
        places[handle.place] = nil
        free.append(handle.place)
    }

    mutating func update(_ handle: ExpectationHandle, _ change: (inout Expectation) -> Void) {
        guard var known = self[handle] else { return }
        change(&known)
        places[handle.place] = known
    }
}
