internal import Packets
internal import RuleModel

/// The interfaces whose names match a pattern, as bits by `InterfaceID`.
struct InterfaceSet: Sendable {
    let pattern: InterfacePattern
    private var words: [UInt64] = []
    /// Ids below were matched with the pattern.
    private var known = 0

    init(_ pattern: InterfacePattern) { self.pattern = pattern }

    mutating func extend(to interfaces: InterfaceTable) {
        while words.count * 64 < interfaces.count { words.append(0) }
        while known < interfaces.count {
            if pattern.matches(interfaces.name(of: InterfaceID(rawValue: UInt16(known)))) {
                words[known / 64] |= 1 << UInt64(known % 64)
            }
            known += 1
        }
    }

    func contains(_ interface: UInt32) -> Bool {
        let index = Int(interface)
        return index < known && words[index / 64] >> UInt64(index % 64) & 1 == 1
    }
}
