import Diagnostics
import Packets
import RuleSyntax

/// An element as written: with ranges it stands for several.
struct WrittenElement {
    var first: AddressSpan?
    var second: AddressSpan?
    var ports: PortReader.Ports?
    var tag: UInt64 = 0
    var mac: MACAddress?
    var interface: String?
    var isPhysical = false
}

/// Reads the element of an `add` or `del`: parts with commas between (`ipset_parse_elem` of `lib/parse.c`).
struct ElementReader {
    let type: SetType
    let options: SetOptions
    var diagnostics: DiagnosticCollector

    private var family: AddressFamily { options.family ?? .ipv4 }

    /// - Precondition: the type is no list.
    mutating func read(_ word: Word) -> WrittenElement? {
        let parts = word.pieces(separator: ",")
        let components = type.components
        guard parts.count <= components.count else {
            diagnostics.error(
                "elements of \(type.rawValue) have \(Self.count(components.count)), not \(parts.count)",
                at: parts[components.count].range.union(parts[parts.count - 1].range))
            return nil
        }
        guard parts.count == components.count || type == .bitmapIPMAC else {
            diagnostics.error(
                "elements of \(type.rawValue) have \(Self.count(components.count)), with commas between",
                at: word.range)
            return nil
        }
        var element = WrittenElement()
        var isWhole = true
        for (part, component) in zip(parts, components) where !read(part, component, into: &element) {
            isWhole = false
        }
        return isWhole ? element : nil
    }

    private static func count(_ parts: Int) -> String { parts == 1 ? "one part" : "\(parts) parts" }

    private mutating func read(_ part: Word, _ component: SetComponent, into element: inout WrittenElement)
        -> Bool
    {
        switch component {
        case .address, .network:
            guard let span = readAddresses(part, component, isFirst: element.first == nil) else {
                return false
            }
            if element.first == nil { element.first = span } else { element.second = span }
        case .protocolPort, .port:
            guard let ports = PortReader.ports(part, type, options.family, &diagnostics) else { return false }
            element.ports = ports
        case .mac:
            guard let mac = MACAddress(part.text) else {
                diagnostics.error("\"\(part.text)\" is no MAC address", at: part.range)
                return false
            }
            guard mac.bits != 0 || type == .bitmapIPMAC else {
                diagnostics.error("a set can't hold the MAC address 00:00:00:00:00:00", at: part.range)
                return false
            }
            if type == .bitmapIPMAC { element.mac = mac } else { element.tag = mac.bits }
        case .mark:
            guard let mark = parseNumber(part.text), mark <= UInt64(UInt32.max) else {
                diagnostics.error("a mark is a number of at most 32 bits", at: part.range)
                return false
            }
            element.tag = mark & UInt64(options.markMask)
        case .interface: return readInterface(part, into: &element)
        case .set: preconditionFailure("a list has no such elements")
        }
        return true
    }

    private mutating func readAddresses(_ part: Word, _ component: SetComponent, isFirst: Bool)
        -> AddressSpan?
    {
        guard let span = AddressSpan.read(part, family, &diagnostics) else { return nil }
        let takesRanges = family == .ipv4 && takesRanges(isFirst: isFirst)
        switch span {
        case .address: break
        case .range(let low, let high):
            guard takesRanges else {
                diagnostics.error(
                    family == .ipv6 ? "sets of IPv6 addresses take no ranges" : "no range may stand here",
                    at: part.range)
                return nil
            }
            if component == .network, low == 0, high == family.allOnes, type != .hashNetPortNet {
                diagnostics.error("the range is all addresses", at: part.range)
                return nil
            }
        case .network(_, let length, _):
            if component == .address {
                guard takesRanges || length == family.bitWidth else {
                    diagnostics.error("one address belongs here, not a network", at: part.range)
                    return nil
                }
            }
            guard length > 0 || component == .network && type.takesWholeSpace else {
                diagnostics.error(
                    "\(type.rawValue) can't hold a network of the length 0", at: part.range,
                    suggestion: family == .ipv4 ? "0.0.0.0/1 and 128.0.0.0/1" : "::/1 and 8000::/1")
                return nil
            }
        }
        return span
    }

    private func takesRanges(isFirst: Bool) -> Bool {
        switch type {
        case .bitmapIPMAC, .hashIPMAC: false
        case .hashIPPortIP: isFirst
        default: true
        }
    }

    private mutating func readInterface(_ part: Word, into element: inout WrittenElement) -> Bool {
        let prefix = "physdev:"
        let isPhysical = part.text.hasPrefix(prefix)
        let name = isPhysical ? String(part.text.dropFirst(prefix.count)) : part.text
        guard !name.isEmpty, name.utf8.count <= 15 else {
            diagnostics.error("an interface's name has 1 to 15 bytes", at: part.range)
            return false
        }
        element.interface = name
        element.isPhysical = isPhysical
        return true
    }
}
