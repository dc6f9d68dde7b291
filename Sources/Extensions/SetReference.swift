import AddressSets
import Diagnostics
import Packets
import RuleModel

/// `NAME src,dst,…`: a set, and the ends of a packet that its elements' parts are compared with (`parse_dirs` and
/// `get_set_byname` of extensions/libxt_set.h).
struct SetReference: Sendable {
    let name: String
    let directions: SetDirections
    /// The sets that there are and this one's place among them; nil if nobody said which there are.
    let found: (sets: SetCatalogue, index: Int)?
    /// Whether rules around may change the set.
    let isChanged: Bool

    /// Reports what is wrong with it and gives nil.
    init?(_ option: ParsedOption, _ reader: inout OptionReader) {
        let (name, list) = (option.arguments[0], option.arguments[1])
        guard name.text.utf8.count <= 31 else {
            reader.error("a set's name may be at most 31 bytes long", at: name.range)
            return nil
        }
        var directions: [Bool] = []
        for piece in list.pieces(separator: ",") {
            guard piece.text == "src" || piece.text == "dst" else {
                reader.error("a direction is src or dst, with commas between", at: piece.range)
                return nil
            }
            directions.append(piece.text == "src")
        }
        guard directions.count <= SetDirections.most else {
            reader.error("a set is asked with at most \(SetDirections.most) directions", at: list.range)
            return nil
        }
        self.name = name.text
        isChanged = reader.context.changedSets.contains(name.text)
        self.directions = SetDirections(isSource: directions)
        guard let sets = reader.context.sets else {
            found = nil
            return
        }
        guard let index = sets.index(of: name.text) else {
            reader.error(
                "there is no set \"\(name.text)\"", at: name.range, code: "FW015",
                suggestion: Spelling.closest(to: name.text, among: sets.names))
            return nil
        }
        let set = sets.sets[index]
        if let family = set.options.family, family != reader.context.family {
            reader.error(
                "the set \"\(name.text)\" is for \(family == .ipv4 ? "IPv4" : "IPv6"), and the rule isn't",
                at: name.range)
            return nil
        }
        if directions.count < set.type.dimension {
            reader.warning(
                "the set has elements of \(set.type.dimension) parts (\(set.type.rawValue)): with fewer directions, no packet is in it",
                at: list.range)
        }
        found = (sets, index)
    }

    var words: [String] { [name, directions.description] }
}

extension SharedMemory {
    /// The sets of the run, which all rules with the same sets before them share.
    func sets(_ catalogue: SetCatalogue) -> SetMemory {
        object("set \(ObjectIdentifier(catalogue))") {
            SetMemory(catalogue) { [weak self] in self?.interfaces ?? InterfaceTable() }
        }
    }
}
