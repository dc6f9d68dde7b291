import Engine
import Packets
import Replay
import Reports
import RuleModel

/// What a replay left out or took for granted, a sentence each.
struct ReplayNotes {
    private(set) var all: [String] = []

    init(_ summary: ReplaySummary, _ session: borrowing ReplaySession) {
        func packets(_ count: UInt64) -> String { count == 1 ? "1 packet" : "\(count) packets" }
        for family in AddressFamily.allCases {
            let count = summary.total(family).packets
            if session.book.rules(family) == nil, count > 0 {
                let name = family == .ipv4 ? "IPv4" : "IPv6"
                all.append(
                    "there are no \(name) rules: \(packets(count)) passed empty chains with policy ACCEPT")
            }
        }
        if summary.egressCopies > 0 {
            all.append(
                "\(packets(summary.egressCopies)) on their way out were skipped: a forwarded packet counts where it "
                    + "comes in, so captures of the other interfaces are needed for those that came in there")
        }
        if summary.reassembledPackets > 0 {
            let count = summary.reassembledPackets
            all.append(
                "\(count == 1 ? "1 packet was" : "\(count) packets were") put together from "
                    + "\(summary.reassembledFragments) fragments; the last fragment of each stands for it")
        }
        if summary.capturedAnswers > 0 {
            let count = summary.capturedAnswers
            all.append(
                "\(count == 1 ? "1 answer of the host is" : "\(count) answers of the host are") in the captures, and "
                    + "not made once more (--replies make makes all)")
        }
        if summary.impossiblePackets > 0 {
            all.append(
                "\(packets(summary.impossiblePackets)) could not have happened, as they depend on packets that were "
                    + "dropped; they went through the rules like all others, and \"possible\" counts without them "
                    + "(--counterfactual off)")
        }
        if summary.cutByCapture > 0 {
            all.append(
                "\(packets(summary.cutByCapture)) were cut by the capture; checksums of these count as good")
        }
        if let facts = ReplayNotes.missingFacts(summary, session.book) {
            let count = summary.packetsWithMissingFacts
            all.append(
                "\(count == 1 ? "1 packet depends" : "\(count) packets depend") on facts that nobody gave: \(facts); "
                    + "--unknown says what is made of them")
        }
        if summary.drawnTranslations > 0 {
            all.append(
                "\(packets(summary.drawnTranslations)) of connections whose translated port or identifier the kernel "
                    + "draws lots over: another one may come out there (--seed draws others)")
        }
        if summary.packetsByChance > 0 {
            all.append(
                "\(packets(summary.packetsByChance)) met a test of chance: on the kernel, others may match (--seed draws "
                    + "other lots)")
        }
        if summary.unknownTranslations > 0 {
            all.append(
                "\(packets(summary.unknownTranslations)) of connections that MASQUERADE or REDIRECT translates to an "
                    + "address that nobody named stay as they are: say --host")
        }
        if session.inferredPackets > 0 {
            all.append(
                "the captures hold no packets of the host's own: what its sockets sent (\(packets(UInt64(session.inferredPackets)))) "
                    + "was inferred from what their peers acknowledge")
        }
        let offloaded = session.replayer.firewall.offloadedChecksums
        if offloaded > 0 {
            all.append(
                "\(packets(offloaded)) have checksums that a network card was to fill in, and count as good "
                    + "(--checksum verify takes them as they are)")
        }
        let unnamed = session.rulesWithUnknownInterfaces(summary)
        if unnamed > 0 {
            all.append(
                "\(unnamed == 1 ? "1 rule asks" : "\(unnamed) rules ask") for interfaces, and the capture names none: "
                    + "say --in and --out, or --host")
        }
    }
}

extension ReplayNotes {
    private static let mostLines = 10

    /// `owner (rules at lines 4, 9)`; nil if none was missing.
    private static func missingFacts(_ summary: ReplaySummary, _ book: RuleBook) -> String? {
        var lines: [String: Set<Int>] = [:]
        for family in AddressFamily.allCases {
            guard let rules = book.rules(family) else { continue }
            let missing = Set(rules.facts(in: summary.missingFacts[family] ?? 0))
            if missing.isEmpty { continue }
            for rule in rules.ruleSet.tables.lazy.flatMap(\.chains).flatMap(\.rules) {
                for fact in rule.condition.facts where missing.contains(fact.fact) {
                    lines[fact.fact, default: []].insert(rule.line)
                }
            }
        }
        if lines.isEmpty { return nil }
        return lines.sorted { $0.key < $1.key }.map { fact, lines in
            let numbers = lines.sorted()
            let shown = numbers.prefix(mostLines).map(String.init).joined(separator: ", ")
            let rest = numbers.count > mostLines ? " and \(numbers.count - mostLines) more" : ""
            return
                "\(fact) (rule\(numbers.count == 1 ? "" : "s") at line\(numbers.count == 1 ? "" : "s") \(shown)\(rest))"
        }.joined(separator: ", ")
    }
}

extension ReplaySession {
    /// How many rules test an interface, if packets came from none that is known.
    fileprivate borrowing func rulesWithUnknownInterfaces(_ summary: ReplaySummary) -> Int {
        guard !knowsInterfaces, summary.total(.ipv4).packets + summary.total(.ipv6).packets > 0 else {
            return 0
        }
        let sets = [book.ipv4?.ruleSet, book.ipv6?.ruleSet].compactMap { $0 }
        return sets.flatMap(\.tables).flatMap(\.chains).flatMap(\.rules).count {
            $0.header.inInterface != nil || $0.header.outInterface != nil
        }
    }
}
