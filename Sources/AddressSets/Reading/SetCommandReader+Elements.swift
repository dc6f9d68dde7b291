import Diagnostics
import Packets
import RuleSyntax

/// `add NAME ELEMENT OPTION…` and `del NAME ELEMENT`
extension SetCommandReader {
    mutating func changeElement(_ command: Command, mayFail: Bool) {
        guard let name = command.set, let element = command.second, let number = find(name, mayFail: mayFail)
        else { return }
        let (type, set) = workspace.header(of: number)
        var reader = EntryOptionReader(
            type, set, command.options, isAdding: command.name == .add, diagnostics)
        let options = reader.read()
        diagnostics = reader.diagnostics
        if type.storage == .list {
            if let options { changeMember(command, element, options, of: number, mayFail: mayFail) }
            return
        }
        var elements = ElementReader(type: type, options: set, diagnostics: diagnostics)
        let written = elements.read(element)
        diagnostics = elements.diagnostics
        guard let options, let written, isStorable(written, type, set, at: element.range) else { return }
        let expansion = ElementExpansion(type: type, options: set, written: written)
        change(number, expansion, options, command, at: element.range, mayFail: mayFail)
    }

    /// What the kernel asks of an element before it looks at the set.
    private mutating func isStorable(
        _ written: WrittenElement, _ type: SetType, _ options: SetOptions, at range: SourceRange
    ) -> Bool {
        let low = (written.first?.low ?? 0) & options.addressMask
        let isZero =
            switch type {
            case .hashIP: low == 0
            case .hashIPPort: low == 0
            case .hashIPMark: low == 0 && written.tag == 0
            default: false
            }
        if isZero {
            diagnostics.error("a set of this type can't hold the address 0", at: range)
            return false
        }
        let isInside: Bool
        if let addresses = options.addresses, let first = written.first {
            isInside =
                first.low >= UInt128(addresses.lowerBound) && first.high <= UInt128(addresses.upperBound)
        } else if let ports = options.ports, let range = written.ports?.range {
            isInside = ports.contains(range.lowerBound) && ports.contains(range.upperBound)
        } else {
            isInside = true
        }
        guard !isInside else { return true }
        diagnostics.error("outside the range that the set was made for", at: range)
        return false
    }

    private mutating func change(
        _ number: Int, _ expansion: ElementExpansion, _ options: EntryOptions, _ command: Command,
        at range: SourceRange, mayFail: Bool
    ) {
        var complaint: String?
        var isOverBudget = false
        let isAdding = command.name == .add
        expansion.visit { entry in
            guard spend(1, at: range) else {
                isOverBudget = true
                return false
            }
            var entry = entry
            entry.isExcluded = options.isExcluded
            entry.isWildcard = options.isWildcard
            let before = workspace.entryCount(of: number)
            complaint = workspace.change(number) { table in
                guard isAdding else {
                    let wasThere = table.remove(entry, at: 0)
                    return wasThere || command.isTolerant ? nil : "the set doesn't hold this element"
                }
                return switch table.add(entry, options.extras, replaces: command.isTolerant, at: 0) {
                case .added: nil
                case .exists: "the set holds this element already"
                case .full: "the set is full: its maxelem is \(table.options.maximum)"
                }
            }
            entryCount += workspace.entryCount(of: number) - before
            return complaint == nil && entryCount <= limits.elements
        }
        if isOverBudget { return }
        if let complaint {
            refuse(complaint, at: range, mayFail: mayFail)
        } else if entryCount > limits.elements {
            diagnostics.error("more than \(limits.elements) elements in this file", at: range)
        }
    }

    // MARK: Lists

    private mutating func changeMember(
        _ command: Command, _ element: Word, _ options: EntryOptions, of list: Int, mayFail: Bool
    ) {
        guard spend(workspace.memberCount(of: list), at: element.range),
            let (member, place) = member(element, options, mayFail: mayFail)
        else { return }
        if workspace.header(of: member).type.storage == .list {
            refuse("a list can't hold another list", at: element.range, mayFail: mayFail)
            return
        }
        let before = workspace.memberCount(of: list)
        let isAdding = command.name == .add
        let result = workspace.change(list) { table in
            isAdding
                ? table.addMember(member, at: place, options.extras, replaces: command.isTolerant)
                : table.removeMember(member, at: place)
        }
        workspace.refer(to: member, by: workspace.memberCount(of: list) - before)
        let complaint: String? =
            switch result {
            case .done: nil
            case .exists: "the list holds this set already"
            case .absent: command.isTolerant ? nil : "the list doesn't hold this set"
            case .misplaced: "the set that before or after names isn't there in the list"
            }
        if let complaint { refuse(complaint, at: element.range, mayFail: mayFail) }
    }

    /// `NAME`, with `before` or `after` in the options, or in the element as of old: `NAME,before,OTHER`.
    private mutating func member(
        _ element: Word, _ options: EntryOptions, mayFail: Bool
    ) -> (Int, SetTable.ListPlace)? {
        let parts = element.pieces(separator: ",")
        var place = options.place
        if parts.count == 3, ["before", "after"].contains(parts[1].text), place == nil {
            place = (parts[1].text == "before", parts[2])
        } else if parts.count != 1 {
            diagnostics.error("one set's name belongs here", at: element.range)
            return nil
        }
        guard let member = find(parts[0], mayFail: mayFail) else { return nil }
        guard let place else { return (member, .end) }
        guard let other = find(place.name, mayFail: mayFail) else { return nil }
        return (member, place.isBefore ? .before(other) : .after(other))
    }
}
