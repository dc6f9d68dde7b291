import Packets

/// Prints sets as `ipset save` of ipset 7.17 prints them, with these differences: elements are sorted (the kernel's
/// order is that of its hash table), `forceadd` is printed (ipset forgets it), and the kernel's random `initval` only
/// if the file said one. What is printed makes the same sets when it is read.
public struct SetPrinter: Sendable {
    private let catalogue: SetCatalogue

    public init(_ catalogue: SetCatalogue) { self.catalogue = catalogue }

    /// Lists come last, since their members must be there before them.
    public func text() -> String {
        var text = ""
        for isList in [false, true] {
            for set in catalogue.sets where (set.type.storage == .list) == isList { append(set, to: &text) }
        }
        return text
    }

    private func append(_ set: SetDefinition, to text: inout String) {
        let name = SetPrinter.quoted(set.name)
        let create = ["create", name, set.type.rawValue] + SetPrinter.words(of: set.options, set.type)
        text += create.joined(separator: " ") + "\n"
        for member in set.table.members {
            let words =
                ["add", name, SetPrinter.quoted(catalogue.sets[member.set].name)]
                + SetPrinter.words(of: member.extras, isExcluded: false, isWildcard: false, set.options)
            text += words.joined(separator: " ") + "\n"
        }
        for entry in set.table.entries.sorted() {
            var extras = entry.extras
            if let pending = entry.pendingTimeout { extras.expiry = Int64(pending) * 1_000_000_000 }
            let words =
                ["add", name, SetPrinter.text(of: entry, set.type, set.options)]
                + SetPrinter.words(
                    of: extras, isExcluded: entry.isExcluded, isWildcard: entry.isWildcard, set.options)
            text += words.joined(separator: " ") + "\n"
        }
    }

    /// Quotes around what has blanks in it.
    private static func quoted(_ text: String) -> String {
        text.utf8.contains { $0 == 0x20 || $0 == 9 } ? "\"\(text)\"" : text
    }

    // MARK: Options

    private static func words(of options: SetOptions, _ type: SetType) -> [String] {
        var words: [String] = []
        if type.storage == .hash, let family = options.family {
            words += ["family", family == .ipv4 ? "inet" : "inet6"]
        }
        if type == .hashIPMark { words += ["markmask", hexadecimal(options.markMask)] }
        if type.storage == .hash {
            words += ["hashsize", "\(options.hashSize)", "maxelem", "\(options.maximum)"]
        }
        if let range = options.addresses {
            words += ["range", "\(IPAddress.v4(range.lowerBound))-\(IPAddress.v4(range.upperBound))"]
        }
        if let range = options.ports { words += ["range", "\(range.lowerBound)-\(range.upperBound)"] }
        if type == .listSet { words += ["size", "\(options.size)"] }
        let masks = self.masks(options)
        if ![.hashIPPort, .hashNetNet].contains(type) { words += masks }
        if let timeout = options.timeout { words += ["timeout", "\(timeout)"] }
        if options.hasCounters { words.append("counters") }
        if options.hasComments { words.append("comment") }
        if options.forcesAdding { words.append("forceadd") }
        if options.hasPacketInfo { words.append("skbinfo") }
        if type.storage == .hash {
            words += ["bucketsize", "\(options.bucketSize)"]
            if let value = options.initialValue { words += ["initval", hexadecimal(value)] }
        }
        if [.hashIPPort, .hashNetNet].contains(type) { words += masks }
        return words
    }

    private static func masks(_ options: SetOptions) -> [String] {
        if let netmask = options.netmask { return ["netmask", "\(netmask)"] }
        guard let bitmask = options.bitmask else { return [] }
        return ["bitmask", IPAddress(family: options.family ?? .ipv4, bits: bitmask).description]
    }

    private static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    // MARK: Elements

    private static func text(of entry: SetEntry, _ type: SetType, _ options: SetOptions) -> String {
        let element = entry.element
        let family = options.family ?? .ipv4
        var isFirst = true
        let parts = type.components.compactMap { component -> String? in
            switch component {
            case .address, .network:
                let (bits, length) =
                    isFirst ? (element.address, element.length) : (element.second, element.secondLength)
                isFirst = false
                let address = IPAddress(family: family, bits: bits).description
                return component == .network && Int(length) < family.bitWidth
                    ? "\(address)/\(length)" : address
            case .protocolPort: return port(element)
            case .port: return "\(element.port)"
            case .mac:
                let mac = type == .bitmapIPMAC ? entry.mac : MACAddress(bits: element.tag)
                return mac?.description.uppercased()
            case .mark: return hexadecimal(UInt32(truncatingIfNeeded: element.tag))
            case .interface: return (element.isPhysical ? "physdev:" : "") + (entry.interface ?? "")
            case .set: return nil
            }
        }
        return quoted(parts.joined(separator: ","))
    }

    private static func port(_ element: SetElement) -> String {
        let name = element.transportProtocol.description
        guard element.transportProtocol == .icmp || element.transportProtocol == .icmpv6 else {
            return "\(name):\(element.port)"
        }
        let code =
            ICMPCodeNames.name(element.port, isIPv6: element.transportProtocol == .icmpv6)
            ?? "\(element.port >> 8)/\(element.port & 255)"
        return "\(name):\(code)"
    }

    /// What a set keeps with an element, in the order of `ipset save`.
    private static func words(
        of extras: EntryExtras, isExcluded: Bool, isWildcard: Bool, _ options: SetOptions
    ) -> [String] {
        var words: [String] = []
        if options.timeout != nil {
            words += ["timeout", "\(extras.expiry == .max ? 0 : extras.expiry / 1_000_000_000)"]
        }
        if isExcluded { words.append("nomatch") }
        if isWildcard { words.append("wildcard") }
        if options.hasCounters { words += ["packets", "\(extras.packets)", "bytes", "\(extras.bytes)"] }
        if let comment = extras.comment, !comment.isEmpty { words += ["comment", "\"\(comment)\""] }
        guard let info = extras.packetInfo else { return words }
        if info.mark != 0 || info.markMask != 0 {
            let mark = "0x" + String(info.mark, radix: 16)
            words += [
                "skbmark", info.markMask == .max ? mark : "\(mark)/0x" + String(info.markMask, radix: 16),
            ]
        }
        if info.priority != 0 {
            let (major, minor) = (info.priority >> 16, info.priority & 0xffff)
            words += ["skbprio", String(major, radix: 16) + ":" + String(minor, radix: 16)]
        }
        if info.queue != 0 { words += ["skbqueue", "\(info.queue)"] }
        return words
    }
}
