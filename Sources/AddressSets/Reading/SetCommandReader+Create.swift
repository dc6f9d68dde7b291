import Diagnostics
import Packets
import RuleSyntax

/// `create NAME TYPE OPTION…`
extension SetCommandReader {
    mutating func create(_ command: Command) {
        guard let name = command.set, let typeName = command.second, checkName(name) else { return }
        guard let type = SetType(name: typeName.text) else {
            diagnostics.error(
                "unknown type of set \"\(typeName.text)\"", at: typeName.range,
                suggestion: Spelling.closest(to: typeName.text, among: SetType.allCases.map(\.rawValue)),
                notes: [.init("the types are \(SetType.allCases.map(\.rawValue).joined(separator: ", "))")])
            return
        }
        var reader = CreateOptionReader(type, command.options, diagnostics)
        let options = reader.read()
        diagnostics = reader.diagnostics
        guard let options else { return }
        if type.storage == .bitmap, options.addresses == nil, options.ports == nil {
            diagnostics.error("\(type.rawValue) needs range FROM-TO", at: typeName.range)
            return
        }
        if let number = workspace.number(of: name.text) {
            let old = workspace[number]
            if command.isTolerant, old.table.type == type, old.table.options.isSameSet(as: options) { return }
            diagnostics.error(
                "there is a set \"\(name.text)\" already"
                    + (command.isTolerant ? ", which differs in its type or options" : ""),
                at: name.range, notes: old.range.map { [.init("made here", at: $0)] } ?? [])
            return
        }
        guard workspace.count < SetWorkspace.mostSets else {
            diagnostics.error("more than \(SetWorkspace.mostSets) sets", at: name.range)
            return
        }
        workspace.create(name.text, SetTable(type: type, options: options), at: name.range)
    }
}

/// Reads the options of one `create`.
struct CreateOptionReader {
    private let type: SetType
    private var words: ArraySlice<Word>
    private(set) var diagnostics: DiagnosticCollector
    private var options = SetOptions()
    private var seen: Set<String> = []
    private var addressRange: AddressSpan?

    init(_ type: SetType, _ words: ArraySlice<Word>, _ diagnostics: DiagnosticCollector) {
        self.type = type
        self.words = words
        self.diagnostics = diagnostics
    }

    /// Nil if something is wrong with them.
    mutating func read() -> SetOptions? {
        let errorsBefore = diagnostics.errorCount
        readFamily()
        while let word = words.popFirst() {
            let name = word.text.hasPrefix("--") ? String(word.text.dropFirst(2)) : word.text
            guard CreateOptionReader.names(of: type).contains(name) else {
                diagnostics.error(
                    "\(type.rawValue) has no option \"\(word.text)\"", at: word.range,
                    suggestion: Spelling.closest(to: name, among: CreateOptionReader.names(of: type)))
                return nil
            }
            if readFlag(name) { continue }
            guard let value = words.popFirst() else {
                diagnostics.error("\(name) needs a value", at: word.range)
                return nil
            }
            guard seen.insert(name == "-6" ? "family" : name).inserted else {
                diagnostics.error("\(name) stands twice", at: word.range)
                return nil
            }
            read(name, value)
        }
        guard diagnostics.errorCount == errorsBefore else { return nil }
        return options
    }

    /// In the order in which `ipset save` prints them, and then those that are old names.
    private static func names(of type: SetType) -> [String] {
        let common = ["timeout", "counters", "comment", "skbinfo"]
        switch type.storage {
        case .bitmap:
            return ["range", "from", "to", "network"] + (type == .bitmapIP ? ["netmask"] : []) + common
        case .list: return ["size"] + common
        case .hash:
            var names = type.hasFamily ? ["family", "-4", "-6"] : []
            if [.hashIP, .hashIPPort, .hashNetNet].contains(type) { names += ["netmask", "bitmask"] }
            if type == .hashIPMark { names.append("markmask") }
            names += ["hashsize", "maxelem", "forceadd", "bucketsize", "initval"] + common
            return names + ["probes", "resize", "gc"]
        }
    }

    /// The family first, since other options depend on it.
    private mutating func readFamily() {
        guard type.hasFamily else { return }
        options.family = .ipv4
        guard type.storage == .hash else { return }
        for (word, next) in zip(words, words.dropFirst()) where ["family", "--family"].contains(word.text) {
            switch next.text {
            case "inet", "ipv4", "-4": options.family = .ipv4
            case "inet6", "ipv6", "-6": options.family = .ipv6
            default:
                diagnostics.error("a family is inet or inet6, not \"\(next.text)\"", at: next.range)
            }
        }
        if words.contains(where: { $0.text == "-6" }) { options.family = .ipv6 }
    }

    private mutating func readFlag(_ name: String) -> Bool {
        switch name {
        case "counters": options.hasCounters = true
        case "comment": options.hasComments = true
        case "skbinfo": options.hasPacketInfo = true
        case "forceadd": options.forcesAdding = true
        case "-4", "-6": break
        default: return false
        }
        return true
    }

    private mutating func read(_ name: String, _ value: Word) {
        let all = UInt64(UInt32.max)
        switch name {
        case "family": break
        case "timeout": if let number = number(value, in: 0...2_147_483) { options.timeout = number }
        case "hashsize":
            if let number = number(value, in: 0...all) { options.hashSize = Self.tableSize(number) }
        case "maxelem": if let number = number(value, in: 0...all) { options.maximum = number }
        case "size": if let number = number(value, in: 0...all) { options.size = max(4, number) }
        case "bucketsize":
            if let number = number(value, in: 0...255) {
                let even = number % 2 == 0 ? number : number + 1
                options.bucketSize = UInt8(min(max(even, 2), 12))
            }
        case "initval": if let number = number(value, in: 0...all) { options.initialValue = number }
        case "markmask":
            if let number = number(value, in: 1...all) { options.markMask = number }
        case "netmask", "bitmask": readMask(name, value)
        case "range", "network":
            if type == .bitmapPort {
                readPorts(value)
            } else if let span = AddressSpan.read(value, .ipv4, &diagnostics) {
                readRange(span, at: value.range)
            }
        case "from", "to": readBound(name, value)
        default:
            diagnostics.warning("ignored: today's ipset has no \(name)", at: value.range)
        }
    }

    /// `ipset` rounds up to a power of two, of at least 64.
    private static func tableSize(_ number: UInt32) -> UInt32 {
        var size: UInt32 = 64
        while size < number, size < 1 << 31 { size <<= 1 }
        return size
    }

    private mutating func readMask(_ name: String, _ value: Word) {
        if options.netmask != nil || options.bitmask != nil {
            diagnostics.error("netmask and bitmask exclude each other", at: value.range)
            return
        }
        let family = options.family ?? .ipv4
        if name == "netmask" {
            guard let number = number(value, in: 1...UInt64(family.bitWidth)) else { return }
            if Int(number) < family.bitWidth { options.netmask = UInt8(number) }
            if let range = options.addresses {
                setRange(UInt128(range.lowerBound), UInt128(range.upperBound), at: value.range)
            }
        } else if let address = IPAddress(value.text), address.family == family, address.bits != 0 {
            options.bitmask = address.bits
        } else {
            diagnostics.error("a bitmask is an address of the set's family, and not 0", at: value.range)
        }
    }

    private mutating func readRange(_ span: AddressSpan, at range: SourceRange) {
        switch span {
        case .range: break
        case .network(_, let length, _) where length < 32: break
        default:
            diagnostics.error("a range is FROM-TO, or a network shorter than /32", at: range)
            return
        }
        setRange(span.low, span.high, at: range)
    }

    private mutating func readPorts(_ value: Word) {
        guard let ports = PortReader.ports(value, type, options.family, &diagnostics) else { return }
        guard value.text.contains("-") else {
            diagnostics.error("a range is FROM-TO", at: value.range)
            return
        }
        options.ports = ports.range
    }

    /// `from` and `to` of old.
    private mutating func readBound(_ name: String, _ value: Word) {
        if type == .bitmapPort {
            guard let ports = PortReader.ports(value, type, nil, &diagnostics) else { return }
            let (a, b) = (options.ports?.lowerBound ?? ports.range.lowerBound, ports.range.lowerBound)
            options.ports = min(a, b)...max(a, b)
        } else if let span = AddressSpan.read(value, .ipv4, &diagnostics) {
            let low = addressRange?.low ?? span.low
            addressRange = span
            setRange(min(low, span.low), max(low, span.low), at: value.range)
        }
    }

    /// `bitmap_ip_create`
    private mutating func setRange(_ low: UInt128, _ high: UInt128, at range: SourceRange) {
        var (first, last) = (UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: high))
        var count = UInt64(last) - UInt64(first) + 1
        if let netmask = options.netmask {
            let mask = UInt32(truncatingIfNeeded: IPPrefix.mask(Int(netmask), family: .ipv4))
            (first, last) = (first & mask, last | ~mask)
            guard let length = Self.commonLength(first, last), netmask > length else {
                diagnostics.error(
                    "with a netmask, the range must be in a network that begins with it and has room for several",
                    at: range)
                return
            }
            count = 1 << UInt64(netmask - length)
        }
        options.addresses = first...last
        if count > 65536, type != .bitmapIP || options.netmask != nil || !hasNetmaskAhead {
            diagnostics.error("a bitmap has at most 65536 elements; this range has \(count)", at: range)
        }
    }

    /// The length of the smallest network that begins with the first address and has the last in it; nil if there is
    /// none (`range_to_mask`).
    private static func commonLength(_ first: UInt32, _ last: UInt32) -> UInt8? {
        for length in (0..<32).reversed() {
            let mask = UInt32(truncatingIfNeeded: IPPrefix.mask(length, family: .ipv4))
            if last & mask == first { return UInt8(length) }
        }
        return nil
    }

    private var hasNetmaskAhead: Bool { words.contains { ["netmask", "--netmask"].contains($0.text) } }

    private mutating func number(_ word: Word, in range: ClosedRange<UInt64>) -> UInt32? {
        guard let number = parseNumber(word.text), range.contains(number) else {
            diagnostics.error(
                "a number from \(range.lowerBound) to \(range.upperBound) belongs here, not \"\(word.text)\"",
                at: word.range)
            return nil
        }
        return UInt32(number)
    }
}
