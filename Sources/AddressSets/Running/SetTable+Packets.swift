import Packets

/// Lookups by packet.
extension SetTable {
    enum Answer {
        case absent
        case member
        /// The element that covers the packet is marked `nomatch`.
        case excluded
    }

    struct TestResult {
        var answer: Answer
        /// Nil if the set keeps none.
        var packetInfo: PacketInfo?
    }

    /// What the packet counts for, and when it comes.
    struct Moment {
        /// Nanoseconds of the set's clock.
        let now: Int64
        let length: UInt64
    }

    /// `mtype_test`
    /// - Parameter interface: the name of the packet's interface, for `hash:net,iface`.
    mutating func test(
        _ wanted: PacketElement, interface: String?, _ lookup: SetLookup, _ moment: Moment
    ) -> TestResult {
        guard type.hasNetworks else { return testEntries(wanted.element, wanted, interface, lookup, moment) }
        // The longest networks first; of two networks, the first one's length counts more.
        for length in entries.first.lengths {
            let first = networkIsFirst ? wanted.element.masked(to: length, family: family) : wanted.element
            if hasSecondNetwork {
                for second in entries.second.lengths {
                    let element = first.secondMasked(to: second, family: family)
                    let result = testEntries(element, wanted, interface, lookup, moment)
                    if result.answer != .absent { return result }
                }
            } else {
                let result = testEntries(first, wanted, interface, lookup, moment)
                if result.answer != .absent { return result }
                // The kernel looks no further once it has met the network with other interfaces.
                if type == .hashNetInterface, hasOther(first, interface) { break }
            }
        }
        return TestResult(answer: .absent)
    }

    private var networkIsFirst: Bool { type.components[0] == .network }
    private var hasSecondNetwork: Bool { type.components.count > 1 && type.components.last == .network }

    private mutating func testEntries(
        _ element: SetElement, _ wanted: PacketElement, _ interface: String?, _ lookup: SetLookup,
        _ moment: Moment
    ) -> TestResult {
        var index = entries.head(element)
        while let candidate = index {
            index = entries.next(after: candidate)
            guard isSameInterface(candidate, interface) else { continue }
            if type == .bitmapIPMAC, let mac = wanted.mac {
                guard let known = entries[candidate].mac else {
                    fill(candidate, mac, moment.extras, at: moment.now)
                    return TestResult(answer: .member)
                }
                guard known == mac else { continue }
            }
            let hasCounters = options.hasCounters
            let result = entries.change(candidate) { entry -> TestResult? in
                guard entry.extras.matches(lookup, hasCounters: hasCounters, moment) else { return nil }
                return TestResult(
                    answer: entry.isExcluded ? .excluded : .member, packetInfo: entry.extras.packetInfo)
            }
            if let result { return result }
        }
        return TestResult(answer: .absent)
    }

    /// Whether the last entry of a network is for another interface: then the kernel's search ends with it.
    private func hasOther(_ element: SetElement, _ interface: String?) -> Bool {
        var index = entries.head(element)
        var isOther = false
        while let candidate = index {
            isOther = !isSameInterface(candidate, interface)
            index = entries.next(after: candidate)
        }
        return isOther
    }

    /// The entry that a packet's element is, where a packet adds or deletes it: a network is as long as the longest
    /// that the set holds (`INIT_CIDR`).
    func entry(for wanted: PacketElement, interface: String?) -> SetEntry {
        var element = wanted.element
        let whole = UInt8(family.bitWidth)
        if type.hasNetworks {
            if networkIsFirst {
                element = element.masked(to: entries.first.longest ?? whole, family: family)
            }
            if hasSecondNetwork {
                element = element.secondMasked(to: entries.second.longest ?? whole, family: family)
            }
        }
        var entry = SetEntry(element: element)
        entry.interface = interface
        entry.mac = wanted.mac
        return entry
    }
}

extension SetTable.Moment {
    /// What a packet brings with an element that it adds.
    var extras: NewExtras {
        var extras = NewExtras()
        extras.packets = 1
        extras.bytes = length
        extras.packetInfo = PacketInfo()
        extras.isOfPacket = true
        return extras
    }
}

extension EntryExtras {
    /// `ip_set_match_extensions`: counts the packet, then compares the counters.
    mutating func matches(_ lookup: SetLookup, hasCounters: Bool, _ moment: SetTable.Moment) -> Bool {
        if hasExpired(at: moment.now) { return false }
        guard hasCounters else { return true }
        if lookup.updatesCounters {
            packets &+= 1
            bytes &+= moment.length
        }
        return (lookup.packets?.matches(packets) ?? true) && (lookup.bytes?.matches(bytes) ?? true)
    }
}
