import ArgumentParser
import Engine
import Packets
import Replay
import Reports
import RuleModel

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Follows one packet, rule by rule, and says why each rule did or didn't match.",
        discussion: """
            The packet is given in words (tcp 10.0.0.5:4242 > 192.0.2.1:443 S in=eth0), or is the packet N of a \
            capture, which is replayed up to there.
            """)

    @ArgumentParser.Argument(help: "A rule file, or a host snapshot.")
    var rules: String

    @ArgumentParser.Argument(
        help: ArgumentHelp("A packet in words, or captures.", valueName: "packet or capture"))
    var packets: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The packet's number in the captures, from 1.", valueName: "n"))
    var packet: UInt64?

    @Option(
        name: .customLong("why-not"),
        help: ArgumentHelp("Says only why this rule didn't decide.", valueName: "table:chain:n"))
    var whyNot: String?

    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var captureOptions: CaptureOptions
    @OptionGroup var backend: BackendOption
    @OptionGroup var host: HostOptions
    @OptionGroup var chance: SeedOption
    @OptionGroup var unknown: UnknownOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        if packets.isEmpty && captureOptions.bound.isEmpty {
            throw ValidationError("Missing a packet in words, or a capture and --packet N")
        }
        if packet == 0 { throw ValidationError("packets are counted from 1") }
        if packet == nil, packets.count != 1 || !captureOptions.bound.isEmpty {
            throw ValidationError("say which packet of the capture: --packet N")
        }
    }

    func run() throws {
        try InputFile.checkStandardInput(
            [rules] + [ruleOptions.rules6, sets.ipset].compactMap { $0 } + captureOptions.paths + packets)
        let input = try RuleInput(
            rules, rules6: ruleOptions.rules6, ipset: sets.ipset, family: ruleOptions.family,
            color: color.color,
            facts: unknown.refusal, backend: backend.backend)
        let firewall = try FirewallHost(host, snapshot: input.snapshot)
        if let packet {
            try explainCaptured(packet, input, firewall)
        } else if InputFile.exists(packets[0]) || packets[0] == "-" {
            throw Failure.input("\(packets[0]) is a capture: say which packet with --packet N")
        } else {
            try explainDescribed(input, firewall)
        }
    }

    // MARK: A packet of a capture

    private func explainCaptured(_ number: UInt64, _ input: RuleInput, _ firewall: consuming FirewallHost)
        throws
    {
        let arguments =
            try captureOptions.bound.map { try CaptureArgument(bound: $0) }
            + packets.map { CaptureArgument(path: $0) }
        var session = try ReplaySession(
            input, firewall, captures: arguments, options: captureOptions, unknown: unknown.assumption,
            seed: chance.seed)
        for remark in session.remarks { StandardError.note(remark) }
        session.replayer.isTracing = true
        var last: UInt64 = 0
        while let result = try session.next() {
            last = result.number
            if last == number {
                let text = PacketText(session.book, interfaces: session.interfaces)
                return try show(
                    result.isPacket ? text.words(result) : "frame \(number)", result, session.replayer.trace,
                    session.book, session.interfaces)
            }
            if last > number { break }
        }
        let faults = session.stream.faults.map { "; \($0)" }.joined()
        throw Failure.input(
            last < number && captureOptions.count == nil
                ? "there is no packet \(number): the captures end with \(last)\(faults)"
                : "packet \(number) was passed over by --filter, --skip or --count")
    }

    // MARK: A packet in words

    private func explainDescribed(_ input: RuleInput, _ firewall: consuming FirewallHost) throws {
        let description: PacketDescription
        do {
            description = try PacketDescription(parsing: packets[0])
        } catch {
            // One word, and it isn't the beginning of a packet: it was meant for a file.
            guard packets[0].contains(" ") || packets[0].isEmpty else {
                throw Failure.input("\(packets[0]) is neither a file nor a packet in words: \(error.message)")
            }
            throw Failure.input(ExplainCommand.complaint(error, about: packets[0]))
        }
        var host = firewall
        let isOutput = choosePath(&host, description)
        var interfaces = host.interfaces
        var metadata = description.metadata(&interfaces)
        if metadata.inInterface == .none { metadata.inInterface = host.inInterface }
        let book = RuleBook(
            ipv4: input.ipv4.map {
                RuleCompiler.compile($0, interfaces: &interfaces, unknown: unknown.assumption)
            },
            ipv6: input.ipv6.map {
                RuleCompiler.compile($0, interfaces: &interfaces, unknown: unknown.assumption)
            })
        guard book.rules(description.family) != nil else {
            throw Failure.input(
                "the packet is \(description.family == .ipv4 ? "IPv4" : "IPv6"), and there are no rules for it"
            )
        }
        var engine = Firewall(
            host: host.host, ipv4: book.ipv4, ipv6: book.ipv6, conntrack: host.sysctls.conntrack,
            fragments: host.sysctls.fragments, answerLimits: host.sysctls.answerLimits,
            fixedPath: host.fixedPath, seed: chance.seed)
        engine.admit(interfaces)
        if let state = description.state { engine.stateSource = .assumed(state) }

        let bytes = description.bytes()
        var packet = Packet(family: description.family)
        let decoder = PacketDecoder(checksAddressScope: false)
        let malformation = decoder.decode(
            bytes.span.bytes, family: description.family, networkOffset: 0, originalLength: bytes.count,
            into: &packet)
        if let malformation {
            throw Failure.input("the kernel would not take this packet: \(malformation.rawValue)")
        }
        let original = packet
        var trace = RuleTrace()
        let traversal = engine.process(
            &packet, &metadata, bytes: bytes.span.bytes, origin: isOutput ? .sentByHost : .arriving,
            trace: &trace)
        var arrived = description.metadata(&interfaces)
        arrived.inInterface = metadata.inInterface
        let result = PacketResult(
            number: 1, capture: 0, frame: 1, timestamp: metadata.timestamp, outcome: .traversed(traversal),
            packet: original, metadata: arrived)
        for remark in host.remarks { StandardError.note(remark) }
        try show(description.description, result, trace, book, interfaces)
    }

    /// Without a host, `in=` and `out=` say which way the packet takes. True if the host sends it.
    private func choosePath(_ host: inout FirewallHost, _ description: PacketDescription) -> Bool {
        let isOwn = description.inInterface == nil && host.host.isLocal(description.source)
        if let fixed = host.fixedPath { return fixed.path == .output }
        guard host.needsInference else {
            return isOwn || (description.inInterface == nil && description.outInterface != nil)
        }
        host.needsInference = false
        let out = description.outInterface.map { host.interfaces.id(of: $0) } ?? host.host.defaultOutInterface
        let path: PacketPath
        switch (description.inInterface ?? self.host.inInterface, out) {
        case (_?, .none): path = .input
        case (_?, _): path = .forward
        case (nil, .none):
            path = .input
            host.remarks.append(
                "the packet is taken for one to the host itself: to say it, --hook, --local or --host")
        case (nil, _): path = .output
        }
        host.fixedPath = FixedPath(path, outInterface: out)
        return path == .output
    }

    private static func complaint(_ error: PacketDescriptionError, about text: String) -> String {
        let place = error.range.lowerBound + 1
        let suggestion = error.suggestion.map { "; did you mean \($0)?" } ?? ""
        return "the packet \"\(text)\", column \(place): \(error.message)\(suggestion)"
    }

    // MARK: Output

    private func show(
        _ words: String, _ result: PacketResult, _ trace: RuleTrace, _ book: RuleBook,
        _ interfaces: InterfaceTable
    ) throws {
        let explanation = Explanation(book, interfaces: interfaces)
        guard let whyNot else { return try StandardOutput.writeAll(explanation.text(words, result, trace)) }
        let parts = whyNot.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let table = TableKind(rawValue: parts[0]), let number = Int(parts[2]) else {
            throw Failure.input("--why-not \(whyNot): write TABLE:CHAIN:NUMBER, such as filter:INPUT:3")
        }
        guard result.isPacket, let rules = book.rules(result.packet.family),
            let rule = rules.id(table: table, chain: parts[1], number: number)
        else { throw Failure.input("--why-not \(whyNot): there is no such rule") }
        try StandardOutput.writeAll(explanation.whyNot(rule, whyNot, result, trace))
    }
}
