/// The members of a `list:set` (`net/netfilter/ipset/ip_set_list_set.c`).
extension SetTable {
    enum ListPlace: Sendable {
        case end
        case before(Int)
        case after(Int)
    }

    enum ListResult: Sendable {
        case done
        case exists
        case absent
        /// The set that `before` or `after` names isn't where it should be.
        case misplaced
    }

    /// `list_set_uadd`
    mutating func addMember(
        _ set: Int, at place: ListPlace, _ extras: NewExtras, replaces: Bool
    ) -> ListResult {
        let neighbour: Int?
        switch place {
        case .end: neighbour = nil
        case .before(let other), .after(let other):
            guard let index = members.firstIndex(where: { $0.set == other }) else { return .misplaced }
            neighbour = index
        }
        if let index = members.firstIndex(where: { $0.set == set }) {
            guard replaces else { return .exists }
            members[index].extras = self.extras(extras, kept: members[index].extras, at: 0)
            return .done
        }
        let member = ListMember(set: set, extras: self.extras(extras, kept: nil, at: 0))
        switch (place, neighbour) {
        case (.before, let index?): members.insert(member, at: index)
        case (.after, let index?): members.insert(member, at: index + 1)
        default: members.append(member)
        }
        return .done
    }

    /// `list_set_udel`
    mutating func removeMember(_ set: Int, at place: ListPlace) -> ListResult {
        guard let index = members.firstIndex(where: { $0.set == set }) else {
            if case .end = place { return .absent }
            return .misplaced
        }
        switch place {
        case .end: break
        case .before(let other):
            guard index + 1 < members.count, members[index + 1].set == other else { return .misplaced }
        case .after(let other):
            guard index > 0, members[index - 1].set == other else { return .misplaced }
        }
        members.remove(at: index)
        return .done
    }
}
