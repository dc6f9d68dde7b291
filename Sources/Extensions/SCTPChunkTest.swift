import Packets
import RuleModel

/// `--chunk-types` of `sctp` (extensions/libxt_sctp.c; `match_packet` in net/netfilter/xt_sctp.c; RFC 9260, 3.2).
struct SCTPChunkTest: Hashable, Sendable {
    enum Mode: String, Sendable {
        case any, all, only
    }

    /// In iptables' order. The flags that a type has stand at the place of their bit, the highest first.
    private static let names: [(name: String, type: UInt8, flags: String)] = [
        ("DATA", 0, "----IUBE"), ("INIT", 1, "--------"), ("INIT_ACK", 2, "--------"),
        ("SACK", 3, "--------"),
        ("HEARTBEAT", 4, "--------"), ("HEARTBEAT_ACK", 5, "--------"), ("ABORT", 6, "-------T"),
        ("SHUTDOWN", 7, "--------"), ("SHUTDOWN_ACK", 8, "--------"), ("ERROR", 9, "--------"),
        ("COOKIE_ECHO", 10, "--------"), ("COOKIE_ACK", 11, "--------"), ("ECN_ECNE", 12, "--------"),
        ("ECN_CWR", 13, "--------"), ("SHUTDOWN_COMPLETE", 14, "-------T"), ("I_DATA", 64, "----IUBE"),
        ("RE_CONFIG", 130, "--------"), ("PAD", 132, "--------"), ("ASCONF", 193, "--------"),
        ("ASCONF_ACK", 128, "--------"), ("FORWARD_TSN", 192, "--------"), ("I_FORWARD_TSN", 194, "--------"),
    ]

    /// What the flags of a type are to be.
    private struct Flags: Hashable, Sendable {
        var type: UInt8
        var mask: UInt8 = 0
        var value: UInt8 = 0
    }

    /// `XT_NUM_SCTP_FLAGS`
    private static let flagCapacity = 4

    let mode: Mode
    private var types: Set<UInt8> = []
    private var flags: [Flags] = []

    init?(_ option: ParsedOption, _ reader: inout OptionReader) {
        let (how, list) = (option.arguments[0], option.arguments[1])
        if let first = list.text.utf8.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "!") {
            reader.error("--chunk-types needs any, all or only, and then the types", at: option.range)
            return nil
        }
        guard let mode = Mode(rawValue: how.text.lowercased()) else {
            reader.error("how to match is any, all or only", at: how.range)
            return nil
        }
        self.mode = mode
        switch list.text.uppercased() {
        case "ALL": types = Set(UInt8.min...UInt8.max)
        case "NONE": break
        default:
            for piece in list.pieces(separator: ",") where !piece.text.isEmpty {
                guard read(piece, &reader) else { return nil }
            }
        }
    }

    /// One type, and behind a colon its flags: a capital for one that is to be set.
    private mutating func read(_ piece: Argument, _ reader: inout OptionReader) -> Bool {
        let parts = piece.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let place = SCTPChunkTest.names.firstIndex(where: { $0.name == parts[0].uppercased() }) else {
            let all = SCTPChunkTest.names.map(\.name).joined(separator: ", ")
            reader.error("unknown SCTP chunk \"\(parts[0])\"; there is \(all)", at: piece.range)
            return false
        }
        let (name, type, valid) = SCTPChunkTest.names[place]
        types.insert(type)
        guard parts.count == 2, !parts[1].isEmpty else { return true }
        if Int(type) != place {
            reader.warning(
                "iptables mistakes the flags of \(name) for those of another type", at: piece.range)
        }
        for letter in parts[1] {
            guard let bit = valid.firstIndex(of: Character(letter.uppercased())) else {
                reader.error("\(name) has no flag \"\(letter)\"", at: piece.range)
                return false
            }
            let mask = UInt8(0x80) >> UInt8(valid.distance(from: valid.startIndex, to: bit))
            // iptables' own mistake: the place in its list, which only up to 14 is the type.
            let key = UInt8(place)
            if !flags.contains(where: { $0.type == key }) {
                guard flags.count < SCTPChunkTest.flagCapacity else {
                    reader.error(
                        "at most \(SCTPChunkTest.flagCapacity) types may have flags", at: piece.range)
                    return false
                }
                flags.append(Flags(type: key))
            }
            for index in flags.indices where flags[index].type == key {
                flags[index].mask |= mask
                if letter.isUppercase { flags[index].value |= mask }
            }
        }
        return true
    }

    var condition: Condition {
        .packet(
            PacketTest(summary: "SCTP chunks \(savedWords.joined(separator: " "))") { [self] context, bytes in
                matches(IPBytes(context.packet, bytes), bytes)
            })
    }

    /// Walks over the chunks. One that isn't there whole up to its length, or says it has none, drops the packet.
    private func matches(_ ip: IPBytes, _ bytes: RawSpan) -> TestAnswer {
        var missing = types
        var offset = ip.transportOffset + 12
        repeat {
            guard let type = ip.byte(at: offset, bytes), let chunkFlags = ip.byte(at: offset + 1, bytes),
                let length = ip.uint16(at: offset + 2, bytes), length != 0
            else { return .hotdrop }
            offset += (Int(length) + 3) & ~3
            let isWanted = types.contains(type)
            let hasFlags = isWanted && hasFlags(type, chunkFlags)
            switch mode {
            case .any: if hasFlags { return .holds }
            case .all: if hasFlags { missing.remove(type) }
            case .only: if !hasFlags { return .fails }
            }
        } while offset < ip.length
        return TestAnswer(mode == .only || mode == .all && missing.isEmpty)
    }

    private func hasFlags(_ type: UInt8, _ chunkFlags: UInt8) -> Bool {
        flags.first { $0.type == type }.map { chunkFlags & $0.mask == $0.value } ?? true
    }

    /// `print_chunks`
    var savedWords: [String] {
        if types.isEmpty { return [mode.rawValue, "NONE"] }
        if types.count == 256 { return [mode.rawValue, "ALL"] }
        let list = SCTPChunkTest.names.sorted { $0.type < $1.type }.filter { types.contains($0.type) }
        return [mode.rawValue, list.map { $0.name + flagText($0.type) }.joined(separator: ",")]
    }

    private func flagText(_ type: UInt8) -> String {
        guard let flags = flags.first(where: { $0.type == type }) else { return "" }
        let letters = SCTPChunkTest.names[Int(type)].flags.enumerated().compactMap {
            index, letter -> String? in
            let bit = UInt8(0x80) >> UInt8(index)
            guard flags.mask & bit != 0 else { return nil }
            return flags.value & bit != 0 ? String(letter) : letter.lowercased()
        }
        return ":" + letters.joined()
    }
}
