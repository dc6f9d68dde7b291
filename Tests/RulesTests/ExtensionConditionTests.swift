import Packets
import RuleModel
import TestSupport
import Testing

/// What matches mean, where that isn't plain from their options.
struct ExtensionConditionTests {
    private func condition(_ rule: String, _ family: AddressFamily = .ipv4) throws -> Condition {
        let ruleSet = try #require(
            RuleText.build("*mangle\n-A FORWARD \(rule)\nCOMMIT\n", family: family).ruleSet)
        return try #require(ruleSet.table(.mangle)?.chain("FORWARD")?.rules.first?.matches.last?.condition)
    }

    @Test func tcpTestsInTheKernelsOrder() throws {
        let expected = Condition.all([
            .header(.tcp), .number(.sourcePort, in: NumberSet(1...2)),
            .not(.number(.destinationPort, in: NumberSet(80))), .bits(.tcpFlags, mask: 0x17, value: 0x02),
            .not(.tcpOption(kind: 2)),
        ])
        #expect(try condition("-p tcp -m tcp ! --tcp-option 2 --syn ! --dport 80 --sport 1:2") == expected)
        #expect(try condition("-p tcp -m tcp") == .all([.header(.tcp)]))
        #expect(
            try condition("-p tcp -m tcp ! --dport :")
                == .all([.header(.tcp), .not(.number(.destinationPort, in: NumberSet(0...65535)))]))
    }

    @Test func rangesTheWrongWayRoundHoldNothing() throws {
        #expect(try condition("-m length --length 8:7") == .number(.length, in: NumberSet([])))
        #expect(try condition("-m iprange ! --src-range 2.0.0.0-1.0.0.0") == .all([.not(.any([]))]))
        #expect(try condition("-m ttl --ttl-lt 0") == .any([]))
        #expect(try condition("-m ttl --ttl-gt 255") == .number(.hopLimit, in: NumberSet([])))
    }

    @Test func icmpType255IsEveryTypeInIPv4Only() throws {
        #expect(try condition("-p icmp -m icmp --icmp-type any") == .all([.header(.icmp), .always]))
        #expect(try condition("-p icmp -m icmp ! --icmp-type 255") == .all([.header(.icmp), .not(.always)]))
        #expect(
            try condition("-p icmpv6 -m icmp6 --icmpv6-type 255", .ipv6)
                == .all([.header(.icmp), .number(.icmpType, in: NumberSet(255))]))
        #expect(
            try condition("-p icmp -m icmp ! --icmp-type 3/1:4")
                == .all([
                    .header(.icmp),
                    .not(
                        .all([
                            .number(.icmpType, in: NumberSet(3)), .number(.icmpCode, in: NumberSet(1...4)),
                        ])),
                ]))
    }

    @Test func conntrackWithoutAConnectionTestsTheStateAlone() throws {
        let direction = Condition.number(.connectionDirection, in: NumberSet(1))
        let state = Condition.number(.connectionState, in: NumberSet(0))
        #expect(try condition("-m conntrack --ctdir REPLY") == .all([.hasConnection, direction]))
        #expect(
            try condition("-m conntrack --ctstate INVALID --ctdir REPLY")
                == .all([state, .any([.not(.hasConnection), .all([direction])])]))
        #expect(
            try condition("-m conntrack ! --ctstate NEW,DNAT")
                == .not(
                    .any([
                        .number(.connectionState, in: NumberSet(1)),
                        .anyBit(.connectionStatus, mask: ConnectionStatus.destinationNAT.rawValue),
                    ])))
        #expect(
            try condition("-m conntrack ! --ctstatus NONE")
                == .all([.hasConnection, .not(.anyBit(.connectionStatus, mask: 0))]))
    }

    @Test func aFrameWithoutAddressesHasNoOtherAddressEither() throws {
        let address = Condition.sourceMAC(MACAddress(bits: 1))
        #expect(
            try condition("-m mac ! --mac-source 00:00:00:00:00:01")
                == .all([.number(.linkAddresses, in: NumberSet(1)), .not(address)]))
    }

    @Test func addressTypesOfIPv6AreAskedOfTheAddressFirst() throws {
        #expect(
            try condition("-m addrtype --dst-type MULTICAST,LOCAL", .ipv6)
                == .all([
                    .all([
                        .address(.destination, value: 0xff << 120, mask: 0xff << 120),
                        .addressType(.destination, .local, limitedTo: .anyInterface),
                    ])
                ]))
        #expect(
            try condition("-m addrtype --dst-type MULTICAST,LOCAL")
                == .all([.addressType(.destination, [.multicast, .local], limitedTo: .anyInterface)]))
    }

    @Test func loopedCopiesAreMulticastOrBroadcast() throws {
        #expect(
            try condition("-m pkttype --pkt-type unicast") == .number(.packetType, in: NumberSet(0)))
        #expect(
            try condition("-m pkttype --pkt-type multicast", .ipv6)
                == .any([
                    .number(.packetType, in: NumberSet(2)),
                    .all([.number(.packetType, in: NumberSet(5)), .always]),
                ]))
    }

    /// How many of some packets, so many milliseconds apart, a limit lets by.
    private func passed(_ options: String, _ count: Int, every milliseconds: Int64) throws -> [Int] {
        guard case .history(let test) = try condition("-m limit \(options)") else {
            throw Unexpected()
        }
        let history = test.makeHistory(SharedMemory())
        let packet = Packet(family: .ipv4)
        return (0..<count).filter { index in
            let time = Timestamp(
                nanoseconds: 1_700_000_000_000_000_000 + Int64(index) * milliseconds * 1_000_000)
            return history.matches(packet, time)
        }
    }

    private struct Unexpected: Error {}

    @Test func limitCountsCreditsAsTheKernelDoes() throws {
        // SEMANTICS 53: 10/s, burst 1, a packet every 30 ms: 3 of 10.
        #expect(try passed("--limit 10/sec --limit-burst 1", 10, every: 30) == [0, 4, 8])
        #expect(try passed("--limit 1/sec", 20, every: 0) == [0, 1, 2, 3, 4])
        #expect(try passed("--limit 1/sec --limit-burst 2", 8, every: 500) == [0, 1, 2, 4, 6])
        // A tick is 4 ms: packets within one earn nothing.
        #expect(try passed("--limit 1000/sec --limit-burst 1", 8, every: 1) == [0, 4])
        // The bucket holds no more than the burst, however long the pause.
        #expect(try passed("--limit 1/hour --limit-burst 1", 3, every: 3_600_000) == [0, 1, 2])
    }

    @Test func aStepBackOfTheClockEarnsNothing() throws {
        guard case .history(let test) = try condition("-m limit --limit 1/sec --limit-burst 1") else {
            throw Unexpected()
        }
        let history = test.makeHistory(SharedMemory())
        let packet = Packet(family: .ipv4)
        let seconds: [Int64] = [100, 50, 100, 101]
        let answers = seconds.map {
            history.matches(packet, Timestamp(nanoseconds: $0 * 1_000_000_000))
        }
        #expect(answers == [true, false, false, true])
    }

    /// How a history answers packets of some lengths, a second apart.
    private func answers(_ options: String, lengths: [UInt32]) throws -> [Bool] {
        guard case .history(let test) = try condition(options) else { throw Unexpected() }
        let history = test.makeHistory(SharedMemory())
        return lengths.enumerated().map { index, length in
            var packet = Packet(family: .ipv4)
            packet.totalLength = length
            let time = Timestamp(nanoseconds: Int64(index) * 1_000_000_000)
            return history.matches(packet, time)
        }
    }

    /// What the kernel did with such packets.
    @Test func quotasEndWithThePacketThatDoesNotFit() throws {
        #expect(
            try answers("-m quota --quota 100", lengths: [50, 50, 58, 30, 30]) == [
                true, true, false, false, false,
            ])
        #expect(try answers("-m quota --quota 100", lengths: [100, 29]) == [true, false])
        #expect(try answers("-m quota --quota 100", lengths: [101, 1]) == [false, false])
        #expect(try answers("-m quota --quota 0", lengths: [29]) == [false])
        guard case .not(.history) = try condition("-m quota ! --quota 1") else { throw Unexpected() }
    }

    @Test func everyNthPacketIsCounted() throws {
        func turns(_ options: String) throws -> [Int] {
            let answers = try answers(
                "-m statistic --mode nth \(options)", lengths: Array(repeating: 29, count: 8))
            return answers.indices.filter { answers[$0] }
        }
        #expect(try turns("--every 3 --packet 0") == [0, 3, 6])
        #expect(try turns("--every 3 --packet 1") == [1, 4, 7])
        #expect(try turns("--every 3 --packet 2") == [2, 5])
        #expect(try turns("--every 1 --packet 0") == Array(0..<8))
        #expect(try turns("--every 4294967295 --packet 4294967294") == [])
    }

    @Test func chanceIsFairAndRepeatable() throws {
        func count(_ probability: String) throws -> Int {
            let options = "-m statistic --mode random --probability \(probability)"
            return try answers(options, lengths: Array(repeating: 29, count: 10_000)).count { $0 }
        }
        #expect(try count("0") == 0)
        #expect(try count("1") == 10_000)
        #expect(abs(try count("0.25") - 2500) < 150)
        #expect(try count("0.25") == count("0.25"))
    }

    @Test func trafficClassesAreBits() throws {
        #expect(try condition("-m dscp --dscp-class EF") == .bits(.trafficClass, mask: 0xfc, value: 0xb8))
        #expect(
            try condition("-m dscp ! --dscp 0", .ipv6) == .not(.bits(.trafficClass, mask: 0xfc, value: 0)))
        #expect(try condition("-m tos --tos Minimize-Cost") == .bits(.trafficClass, mask: 0x3f, value: 0x02))
        #expect(
            try condition("-m tos ! --tos 0x11/0x10") == .not(.bits(.trafficClass, mask: 0x10, value: 0x11)))
        #expect(
            try condition("-p tcp -m ecn ! --ecn-tcp-cwr --ecn-tcp-ece ! --ecn-ip-ect 2")
                == .all([
                    .not(.bits(.trafficClass, mask: 3, value: 2)),
                    .bits(.tcpFlags, mask: 0x40, value: 0x40), .bits(.tcpFlags, mask: 0x80, value: 0),
                ]))
    }

    /// Whether a moment is in a time, by seconds since 1970.
    private func isIn(_ options: String, _ seconds: Int64) throws -> Bool {
        guard case .history(let test) = try condition("-m time \(options)") else { throw Unexpected() }
        let time = Timestamp(nanoseconds: seconds * 1_000_000_000)
        return test.makeHistory(SharedMemory()).matches(Packet(family: .ipv4), time)
    }

    /// 1,709,164,800 is 2024-02-29T00:00:00, a Thursday.
    @Test func timesAreThoseOfTheCalendar() throws {
        let thursday: Int64 = 1_709_164_800
        #expect(try isIn("--weekdays Thu --monthdays 29", thursday))
        #expect(try isIn("--weekdays Thu --monthdays 29", thursday + 86_399))
        #expect(try !isIn("--weekdays Thu", thursday - 1))
        #expect(try !isIn("--monthdays 29", thursday + 86_400))
        #expect(try isIn("--monthdays 1", thursday + 86_400))
        #expect(try isIn("! --weekdays Mon,Tue", thursday))
        #expect(try isIn("--timestart 08:00 --timestop 17:00", thursday + 17 * 3600))
        #expect(try !isIn("--timestart 08:00 --timestop 17:00", thursday + 17 * 3600 + 1))
        #expect(try isIn("--timestart 22:00 --timestop 06:00", thursday + 3600))
        #expect(try !isIn("--timestart 22:00 --timestop 06:00", thursday + 7 * 3600))
        #expect(try isIn("--datestart 2024-02-29 --datestop 2024-02-29T00:00:01", thursday + 1))
        #expect(try !isIn("--datestart 2024-02-29 --datestop 2024-02-29T00:00:01", thursday + 2))
        #expect(try !isIn("--weekdays Thu", -1_000_000))
        #expect(try !isIn("", 2_147_483_648))
    }

    /// With --contiguous the hours behind midnight belong to the evening before.
    @Test func nightsAreOfTheDayOnWhichTheyBegin() throws {
        let thursday: Int64 = 1_709_164_800
        let night = "--timestart 22:00 --timestop 06:00 --weekdays Wed"
        #expect(try !isIn(night, thursday + 3600))
        #expect(try isIn(night + " --contiguous", thursday + 3600))
        #expect(try !isIn(night + " --contiguous", thursday + 23 * 3600))
        #expect(try isIn("--timestart 22:00 --timestop 06:00 --monthdays 28 --contiguous", thursday + 3600))
    }
}

extension ConnectionHistory {
    fileprivate func matches(_ packet: Packet, _ time: Timestamp) -> Bool {
        let context = TestContext(
            packet: packet, metadata: PacketMetadata(timestamp: time), flow: FlowView(), hook: .forward)
        let none: [UInt8] = []
        var connections = NoConnections()
        return answer(context, none.span.bytes, &connections) == .holds
    }

    private func fact(_ name: String, _ summary: String) -> Condition {
        .fact(FactTest(fact: name, summary: summary))
    }

    private func sentCondition(_ rule: String) throws -> Condition {
        let ruleSet = try #require(
            RuleText.build("*mangle\n-A POSTROUTING \(rule)\nCOMMIT\n", family: .ipv4).ruleSet)
        return try #require(
            ruleSet.table(.mangle)?.chain("POSTROUTING")?.rules.first?.matches.last?.condition)
    }

    /// `owner_mt`: without a socket, a packet matches if every test is negated, and --suppl-groups can't be.
    @Test func ownersAreFactsThatAPacketWithoutSocketLacks() throws {
        let socket = fact("owner", "has a socket")
        #expect(
            try sentCondition("-m owner ! --uid-owner 0-99") == .all([.not(fact("owner", "owner uid 0-99"))]))
        #expect(
            try sentCondition("-m owner --socket-exists --gid-owner 5")
                == .all([socket, fact("owner", "owner gid 5")]))
        #expect(
            try sentCondition("-m owner ! --gid-owner 5 --suppl-groups")
                == .all([.not(fact("owner", "owner gid or supplementary group 5")), socket]))
        #expect(
            try sentCondition("-m owner --uid-owner postgres") == .all([fact("owner", "owner uid postgres")]))
    }

    @Test func aControlGroupNeedsASocketEvenNegated() throws {
        let test = fact("cgroup", "cgroup class 7")
        #expect(try sentCondition("-m cgroup --cgroup 7") == test)
        #expect(
            try sentCondition("-m cgroup ! --cgroup 7") == .all([fact("cgroup", "has a socket"), .not(test)]))
    }

    /// `osf` and the programs of `bpf` that ask for what no capture has.
    @Test func whatTheKernelAloneKnowsIsAFact() throws {
        let syn = Condition.bits(.tcpFlags, mask: 2, value: 2)
        let linux = fact("osf", "SYN of Linux, TTL compared by method 0")
        #expect(try condition("-p tcp -m osf ! --genre Linux") == .all([syn, linux]))
        let processor = "3,32 0 0 4294963236,22 0 0 0,6 0 0 0"
        #expect(
            try condition("-m bpf --bytecode \"\(processor)\"") == fact("bpf", "BPF program \(processor)"))
        #expect(
            try condition("-m bpf --object-pinned /sys/fs/bpf/x") == fact("bpf", "BPF object /sys/fs/bpf/x"))
        #expect(
            try condition("-m policy --dir in --pol ipsec --reqid 7")
                == fact("ipsec", "came out of an IPsec transform: --reqid 7"))
    }

    /// Tests of bytes are told apart by their words alone.
    @Test func differentTestsOfBytesHaveDifferentWords() throws {
        let rules = [
            "-m string --algo bm --string a", "-m string --algo bm --string A",
            "-m string --algo bm --string a --icase", "-m string --algo bm --string a --to 9",
            "-m string --algo bm --string a --from 9", "-m u32 --u32 0=1", "-m u32 --u32 0=1:2",
            "-p sctp -m sctp --chunk-types any DATA", "-p sctp -m sctp --chunk-types all DATA",
            "-p sctp -m sctp --chunk-types any DATA:B", "-p sctp -m sctp --chunk-types any DATA:b",
            "-p sctp -m sctp --chunk-types any I_DATA", "-p dccp -m dccp --dccp-types DATA",
            "-p dccp -m dccp --dccp-option 1", "-p ipcomp -m ipcomp --ipcompspi 1",
            "-m bpf --bytecode \"1,6 0 0 1\"", "-m bpf --bytecode \"1,6 0 0 0\"",
        ]
        #expect(try Set(rules.map { try condition($0) }).count == rules.count)
        let rules6 = [
            "-m hbh", "-m dst", "-m hbh --hbh-len 8", "-m hbh ! --hbh-len 8", "-m hbh --hbh-opts 1",
            "-m hbh --hbh-opts 1:2", "-m rt", "-m rt --rt-type 0", "-m rt ! --rt-type 0",
            "-m rt --rt-segsleft 1",
            "-m rt ! --rt-segsleft 0:4294967295", "-m rt --rt-type 0 --rt-0-res",
            "-m rt --rt-type 0 --rt-0-addrs ::1", "-m rt --rt-type 0 --rt-0-addrs ::1 --rt-0-not-strict",
            "-m ah", "-m ah ! --ahspi 0:4294967295", "-m ah --ahres", "-m ah --ahlen 8", "-m ah ! --ahlen 8",
            "-m srh", "-m srh --srh-tag 1", "-m srh ! --srh-tag 1", "-m ipv6header --header esp",
            "-m ipv6header ! --header esp", "-m ipv6header --header esp --soft",
            "-m ipv6header ! --header esp --soft", "-m eui64",
        ]
        #expect(try Set(rules6.map { try condition($0, .ipv6) }).count == rules6.count)
    }
}
