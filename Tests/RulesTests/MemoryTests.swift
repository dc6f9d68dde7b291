import Packets
import RuleModel
import TestSupport
import Testing

/// The arithmetic of matches with memory, against numbers worked out from the kernel's source; one tick is 4 ms.
struct MemoryTests {
    private struct Unexpected: Error {}

    /// A packet that reaches the tests.
    private struct Step {
        var milliseconds: Int64
        var source: UInt128 = 1
        var length: UInt32 = 40
        var hopLimit: UInt8 = 64
        var hook = Hook.input

        func context(_ family: AddressFamily) -> TestContext {
            var packet = Packet(family: family)
            packet.source = source
            packet.totalLength = length
            packet.hopLimit = hopLimit
            // The beginning of a second is one of a tick.
            let time = Timestamp(nanoseconds: 1_700_000_000_000_000_000 + milliseconds * 1_000_000)
            return TestContext(
                packet: packet, metadata: PacketMetadata(timestamp: time), flow: FlowView(), hook: hook)
        }
    }

    /// Rules that share a memory, each with a history or an effect on it.
    private func rules(_ lines: [String], _ family: AddressFamily = .ipv4) throws -> [Rule] {
        let text = "*mangle\n" + lines.map { "-A FORWARD \($0)\n" }.joined() + "COMMIT\n"
        let ruleSet = try #require(RuleText.build(text, family: family).ruleSet)
        return try #require(ruleSet.table(.mangle)?.chain("FORWARD")?.rules)
    }

    private func test(_ rule: Rule) throws -> HistoryTest {
        guard case .history(let test)? = rule.matches.last?.condition else { throw Unexpected() }
        return test
    }

    /// The answers of several rules to each packet: `+` holds, `-` fails, `!` drops.
    private func answers(
        _ lines: [String], _ steps: [Step], _ family: AddressFamily = .ipv4
    ) throws -> [String] {
        let memory = SharedMemory()
        let histories = try rules(lines, family).map { try test($0).makeHistory(memory) }
        var connections = NoConnections()
        let none: [UInt8] = []
        return steps.map { step in
            histories.map { history in
                switch history.answer(step.context(family), none.span.bytes, &connections) {
                case .holds: "+"
                case .fails: "-"
                case .hotdrop: "!"
                }
            }.joined()
        }
    }

    // MARK: recent

    @Test func recentTablesAreSharedByName() throws {
        let lines = [
            "-m recent --name a --set", "-m recent --name a --rcheck", "-m recent --name b --rcheck",
        ]
        #expect(try answers(lines, [Step(milliseconds: 0), Step(milliseconds: 1)]) == ["++-", "++-"])
    }

    @Test func recentForgetsTheHundredFirst() throws {
        var steps = (0..<101).map { Step(milliseconds: Int64($0), source: UInt128($0)) }
        // 0 made room for 100. Asking for it makes it new, and 1 has to go.
        steps += [0, 1, 99].map { Step(milliseconds: 200, source: UInt128($0)) }
        let answers = try answers(["-m recent --rcheck", "-m recent --set"], steps)
        #expect(answers.suffix(3) == ["-+", "-+", "++"])
    }

    @Test func recentRingsAreAsLongAsTheirRulesNeed() throws {
        // 40 go into a ring of 64; the one of 32 that a rule without a hitcount makes would hold too few.
        let steps = (0..<41).map { Step(milliseconds: Int64($0) * 10) }
        let answers = try answers(["-m recent --rcheck --hitcount 40", "-m recent --set"], steps)
        #expect(answers.suffix(2) == ["-+", "++"])
    }

    @Test func recentStampsGrowOldByTicks() throws {
        let lines = ["-m recent --rcheck --seconds 1", "-m recent --remove", "-m recent --set"]
        let steps = [0, 1000, 2003, 3008].map { Step(milliseconds: $0) }
        // From 1000 to 2003 ms there are 250 ticks, from there to 3008 ms 252.
        #expect(try answers(lines, steps) == ["--+", "+++", "+++", "-++"])
    }

    @Test func aNegatedUpdateWritesWhereItMatches() throws {
        // Not there: nothing to write. Too old: it matches, and writes the time.
        let lines = ["-m recent ! --update --seconds 1", "-m recent --rcheck --seconds 1"]
        let set = ["-m recent --set"]
        let steps = [Step(milliseconds: 0), Step(milliseconds: 2000), Step(milliseconds: 2100)]
        #expect(try answers(lines, steps) == ["+-", "+-", "+-"])
        #expect(try answers(lines + set, steps) == ["+-+", "+++", "-++"])
    }

    @Test func recentComparesHopLimitsAheadOfForwarding() throws {
        let lines = ["-m recent --rcheck --rttl", "-m recent --set"]
        let steps = [
            Step(milliseconds: 0, hopLimit: 64), Step(milliseconds: 1, hopLimit: 63, hook: .forward),
            Step(milliseconds: 2, hopLimit: 63),
        ]
        #expect(try answers(lines, steps) == ["-+", "++", "-+"])
    }

    @Test func recentMasksAreThoseOfTheFirstRule() throws {
        let lines = ["-m recent --mask 255.255.255.0 --set", "-m recent --rcheck"]
        #expect(try answers(lines, [Step(milliseconds: 0, source: 0x0a00_0001)]) == ["++"])
        let other = ["-m recent --mask 255.255.255.0 --rcheck", "-m recent --set"]
        let steps = [Step(milliseconds: 0, source: 0x0a00_0001), Step(milliseconds: 0, source: 0x0a00_0002)]
        #expect(try answers(other, steps) == ["-+", "++"])
    }

    // MARK: hashlimit

    @Test func hashlimitKeepsABucketForEachKey() throws {
        let lines = [
            "-m hashlimit --hashlimit-upto 10/sec --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name a",
            "-m hashlimit --hashlimit-above 10/sec --hashlimit-burst 1 --hashlimit-name b",
        ]
        var steps = (0..<5).map { Step(milliseconds: Int64($0) * 30) }
        steps.insert(Step(milliseconds: 30, source: 2), at: 1)
        // 100 ms are 25 ticks, and just enough credit.
        #expect(try answers(lines, steps) == ["+-", "++", "-+", "-+", "-+", "+-"])
    }

    @Test func hashlimitCountsBytesInPiecesOf16() throws {
        func first(_ length: UInt32, _ options: String) throws -> [String] {
            let line = "-m hashlimit --hashlimit-upto 1kb/s \(options) --hashlimit-name a"
            return try answers([line], (0..<4).map { Step(milliseconds: $0, length: length) })
        }
        // A second's credit is 65 pieces of 1/65; a packet of 1039 bytes takes them all.
        #expect(try first(1039, "") == ["+", "-", "-", "-"])
        #expect(try first(519, "") == ["+", "-", "-", "-"])
        #expect(try first(500, "") == ["+", "+", "-", "-"])
        // Each piece over that pays no more than a second: the burst refills it twice.
        #expect(try first(9000, "--hashlimit-burst 2kb") == ["+", "+", "+", "-"])
    }

    @Test func hashlimitMatchesARateOfTheIntervalBefore() throws {
        let line =
            "-m hashlimit --hashlimit-above 4/sec --hashlimit-burst 1 --hashlimit-name a --hashlimit-rate-match"
        let times: [Int64] = [0, 1, 2, 3, 4, 5, 1000, 1001, 2001, 3002]
        // Over 5 in the first second; then the whole next one is over, as the one before was.
        #expect(
            try answers([line], times.map { Step(milliseconds: $0) })
                == ["-", "-", "-", "-", "-", "+", "+", "+", "-", "-"])
    }

    @Test func hashlimitForgetsIdleEntriesAtItsCollections() throws {
        let line =
            "-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 1 --hashlimit-name a --hashlimit-htable-expire 1000"
        let times: [Int64] = [0, 900, 1950, 4000]
        #expect(try answers([line], times.map { Step(milliseconds: $0) }) == ["+", "-", "-", "+"])
    }

    @Test func aFullHashlimitTableDropsPackets() throws {
        let line =
            "-m hashlimit --hashlimit-upto 1/hour --hashlimit-mode srcip --hashlimit-name a --hashlimit-htable-size 1 "
            + "--hashlimit-htable-max 2"
        let steps = (0..<4).map { Step(milliseconds: 0, source: UInt128($0 % 3)) }
        #expect(try answers([line], steps) == ["+", "+", "!", "+"])
        let ports = "-m hashlimit --hashlimit-upto 1/hour --hashlimit-mode srcport --hashlimit-name a"
        var step = Step(milliseconds: 0)
        step.source = 3
        // A protocol without ports has ports 0.
        #expect(try answers([ports], [step]) == ["+"])
    }

    // MARK: rateest

    @Test func estimatorsFollowTheirSamples() throws {
        let memory = SharedMemory()
        let lines = ["-j RATEEST --rateest-name e --rateest-interval 250ms --rateest-ewmalog 500ms"]
        guard case .memory(let action)? = try rules(lines)[0].target.action else { throw Unexpected() }
        let target = action.makeHistory(memory)
        let none: [UInt8] = []
        for step in 0..<10 { _ = target.act(Step(milliseconds: Int64(step)).context(.ipv4), none.span.bytes) }
        var connections = NoConnections()
        func rate(_ packets: Int, at milliseconds: Int64) throws -> Bool {
            let line = "-m rateest --rateest e --rateest-eq --rateest-pps \(packets)"
            let history = try test(try rules([line])[0]).makeHistory(memory)
            let context = Step(milliseconds: milliseconds).context(.ipv4)
            return history.answer(context, none.span.bytes, &connections) == .holds
        }
        // 10 packets in an interval are 40 a second; each sample moves the average half of the way there.
        #expect(try rate(0, at: 200))
        #expect(try rate(20, at: 300))
        #expect(try rate(10, at: 550))
        #expect(try rate(5, at: 800))
        #expect(try rate(0, at: 1_000_000_000))
    }
}
