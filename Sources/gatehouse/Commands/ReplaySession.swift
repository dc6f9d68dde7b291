import Captures
import Conntrack
import Engine
import Packets
import Replay
import Reports
import RuleModel

/// Rules, host and captures of a command, put together: what `replay` and `explain` share.
struct ReplaySession: ~Copyable {
    /// How much of a capture is read ahead to infer whose it is.
    private static let inferenceFrames = 20_000
    private static let inferenceBytes = 32 << 20

    /// A capture may name more interfaces than any host has: what is beyond is taken for unnamed.
    private static let interfaceLimit = 4096

    var stream: CaptureStream
    var replayer: Replayer
    /// Judges the same frames without memory of connections, if somebody asked for it.
    private var stateless: Replayer?
    /// Its result for the frame of which `next` gave the result.
    private(set) var statelessResult: PacketResult?
    let book: RuleBook
    private(set) var interfaces: InterfaceTable
    /// What was inferred or isn't simulated.
    let remarks: [String]
    private var selection: FrameSelection
    /// Of which `next` gave the result.
    private(set) var current: CaptureStream.Item?
    private var interfaceIDs: [String: InterfaceID] = [:]
    private var capturedAnswers = CapturedAnswers()
    /// Nil where captures hold what the host sends.
    private var ownSockets: OwnSockets?
    /// What the host's sockets sent behind the frame of which `next` gave the result.
    private var ownPackets: [[UInt8]] = []
    private(set) var inferredPackets = 0
    /// Whether interface names of captures are taken for the host's though it doesn't list them.
    private let adoptsInterfaces: Bool
    private let hasOutInterface: Bool
    private let isHostInferred: Bool
    /// The time of each packet, in place of the capture's.
    var clock: (() -> Timestamp)?

    init(
        _ rules: RuleInput, _ host: consuming FirewallHost, captures: [CaptureArgument],
        options: CaptureOptions,
        checksum: ChecksumTrust = .verifyUnlessOffloaded, answers: AnswerHandling = .ask,
        unknown: UnknownFacts = .under, seed: UInt64 = 0
    ) throws {
        var stream = try CaptureStream(captures)
        if host.needsInference { ReplaySession.infer(&host, &stream, captures, rules) }
        var interfaces = host.interfaces
        book = RuleBook(
            ipv4: rules.ipv4.map { RuleCompiler.compile($0, interfaces: &interfaces, unknown: unknown) },
            ipv6: rules.ipv6.map { RuleCompiler.compile($0, interfaces: &interfaces, unknown: unknown) })
        var firewall = Firewall(
            host: host.host, ipv4: book.ipv4, ipv6: book.ipv6, conntrack: host.sysctls.conntrack,
            fragments: host.sysctls.fragments, answerLimits: host.sysctls.answerLimits,
            fixedPath: host.fixedPath, checksums: checksum, seed: seed)
        firewall.answerHandling = answers
        let holdsOnlyArrivals = captures.allSatisfy { $0.mode == .arriving }
        if holdsOnlyArrivals, answers == .ask, host.fixedPath == nil { ownSockets = OwnSockets() }
        let roles = captures.enumerated().map { index, capture in
            let modes: [CaptureArgument.Mode: CaptureRole.Mode] = [
                .both: .both, .arriving: .arriving, .sentByHost: .sentByHost,
            ]
            let interface = capture.interface.map { interfaces.id(of: $0) } ?? host.inInterface
            return CaptureRole(name: stream.names[index], interface: interface, mode: modes[capture.mode]!)
        }
        replayer = Replayer(
            firewall, roles: roles,
            direction: host.fixedPath.flatMap { fixed in
                fixed.path == .output ? .sentByHost : .arriving
            },
            outInterface: host.fixedPath?.outInterface ?? .none, verifiesHeaderChecksum: checksum != .ignore)
        replayer.firewall.admit(interfaces)
        hasOutInterface = host.host.defaultOutInterface != .none
        isHostInferred = host.isInferred
        adoptsInterfaces = host.host.routes == nil
        self.interfaces = interfaces
        self.stream = stream
        remarks = host.remarks
        selection = FrameSelection(options)
    }

    private static func infer(
        _ host: inout FirewallHost, _ stream: inout CaptureStream, _ captures: [CaptureArgument],
        _ rules: RuleInput
    ) {
        /// One interface of one capture; what the user calls it counts for all of a capture.
        struct Segment: Hashable {
            var capture: Int
            var name: String?
        }
        var segments: [Segment: Int] = [:]
        var names: [String?] = []
        var inference = HostInference()
        let decoder = PacketDecoder(verifiesHeaderChecksum: false)
        var link = LinkHeader()
        var packet = Packet(family: .ipv4)
        stream.lookAhead(frames: inferenceFrames, bytes: inferenceBytes) { item, bytes in
            guard case .packet = decoder.decode(item.frame, bytes, link: &link, packet: &packet) else {
                return
            }
            let direction = item.frame.direction != .unknown ? item.frame.direction : link.direction
            let name = captures[item.capture].interface ?? item.interfaceName
            let segment = Segment(capture: item.capture, name: name)
            if segments[segment] == nil {
                segments[segment] = names.count
                names.append(name)
            }
            inference.observe(link, packet, direction, segment: segments[segment]!)
        }
        var (forward, ends) = (0, 0)
        for chain in rules.all.compactMap({ $0.table(.filter) }).flatMap(\.chains) {
            if chain.hook == .forward { forward += chain.rules.count }
            if chain.hook == .input || chain.hook == .output { ends += chain.rules.count }
        }
        host.adopt(inference.conclude(rulesForward: forward > ends), segmentNames: names)
    }

    /// Whether anything said which interfaces packets come and go by.
    var knowsInterfaces: Bool {
        replayer.firewall.host.routes != nil || !interfaceIDs.isEmpty
            || replayer.roles.contains { $0.interface != .none } || hasOutInterface
    }

    /// For results until `interfaces` grows.
    var packetLines: PacketLines {
        PacketLines(book, captures: stream.names, interfaces: interfaces, isHostInferred: isHostInferred)
    }

    /// The result of the next frame that the filter, `--skip` and `--count` leave; nil at the end.
    mutating func next() throws -> PacketResult? {
        sendOwnPackets()
        while !selection.isFull, let item = stream.next() {
            guard try selection.takes(item, stream) else {
                replayer.pass()
                stateless?.pass()
                continue
            }
            current = item
            capturedAnswers.pass(item)
            var frame = item.frame
            if let clock { frame.timestamp = clock() }
            let interface = item.interfaceName.map { id(of: $0) } ?? .none
            var result = stream.withBytes { bytes in
                statelessResult = stateless?.process(
                    item.frame, bytes, capture: item.capture, frameNumber: item.number,
                    captureInterface: interface)
                return replayer.process(
                    frame, bytes, capture: item.capture, frameNumber: item.number,
                    captureInterface: interface)
            }
            if let answer = replayer.firewall.answer, answer.traversal == nil { try settle(answer) }
            if let answers = replayer.firewall.drawnAnswers { try settleDraw(answers, &result) }
            if ownSockets != nil { inferOwnPackets(result) }
            return result
        }
        return nil
    }

    /// Sends the host's answer, unless the captures hold it.
    private mutating func settle(_ answer: HostAnswer) throws {
        var selection = selection
        var isHeld = false
        if let key = AnswerKey(answer) {
            isHeld = try capturedAnswers.hold(
                key, &stream, replayer,
                interface: { item in item.interfaceName.flatMap { interfaceIDs[$0] } ?? .none },
                isLeftOut: { item, bytes in try !selection.matches(item, bytes) })
        }
        replayer.firewall.settleAnswer(isSent: !isHeld)
    }

    // MARK: What later frames tell

    /// How far a connection's answers are looked for.
    private static let drawReach: (frames: Int, nanoseconds: Int64) = (4096, 3_000_000_000)
    private static let socketReach: (frames: Int, nanoseconds: Int64) = (16_384, 60_000_000_000)
    /// A peer without an answer repeats its SYN after a second (RFC 6298, 2).
    private static let repetition: Int64 = 1_200_000_000

    /// Takes the port that the kernel drew from the answers that came to it.
    private mutating func settleDraw(_ answers: FlowTuple, _ result: inout PacketResult) throws {
        let opening = result.packet
        var firewallHasIt = false
        var candidates: [UInt16] = []
        let names = interfaceIDs
        _ = stream.look(
            frames: ReplaySession.drawReach.frames, within: ReplaySession.drawReach.nanoseconds
        ) { item, bytes in
            let port = replayer.drawnPort(
                item.frame, bytes, capture: item.capture,
                captureInterface: item.interfaceName.flatMap { names[$0] } ?? .none, answers: answers,
                opening: opening)
            if let port, !candidates.contains(port) { candidates.append(port) }
            return candidates.count == 64
        }
        for port in candidates where !firewallHasIt {
            firewallHasIt = replayer.firewall.settleDraw(port, at: result.timestamp)
            guard firewallHasIt, case .traversed(var traversal) = result.outcome else { continue }
            traversal.translation?.source?.port = port
            traversal.translationCertainty = .exact
            result.outcome = .traversed(traversal)
        }
    }

    private mutating func inferOwnPackets(_ result: PacketResult) {
        let packet = result.packet
        guard case .traversed(let traversal) = result.outcome, traversal.verdict == .accept,
            traversal.path == .input, traversal.connectionState != .invalid,
            packet.transportProtocol == .tcp,
            packet.flags.contains(.hasTransportHeader), var sockets = ownSockets
        else { return }
        ownSockets = nil
        var wouldShow = false
        if sockets.needsLook(packet) {
            let key = OwnSockets.Key(packet)
            var ahead: [OwnSockets.Segment] = []
            _ = stream.look(
                frames: ReplaySession.socketReach.frames, within: ReplaySession.socketReach.nanoseconds
            ) { item, bytes in
                if let segment = replayer.segment(item.frame, bytes, of: key) { ahead.append(segment) }
                let passed = item.frame.timestamp.nanoseconds &- result.timestamp.nanoseconds
                wouldShow = wouldShow || passed > ReplaySession.repetition
                return ahead.isEmpty && wouldShow || ahead.count >= ReplaySession.socketReach.frames
            }
            sockets.begin(packet, ahead: ahead)
        }
        var taken = packet
        if let translation = traversal.translation { taken.take(translation) }
        ownPackets = sockets.packets(behind: packet, as: taken, wouldShow: wouldShow)
        ownSockets = sockets
    }

    /// Sends what the host's sockets are known to have sent.
    private mutating func sendOwnPackets() {
        guard !ownPackets.isEmpty, let item = current else { return }
        inferredPackets += ownPackets.count
        for bytes in ownPackets {
            let family: AddressFamily = bytes[0] >> 4 == 4 ? .ipv4 : .ipv6
            var packet = Packet(family: family)
            let fault = PacketDecoder(checksAddressScope: false).decode(
                bytes.span.bytes, family: family, networkOffset: 0, originalLength: bytes.count, into: &packet
            )
            guard fault == nil else { continue }
            var metadata = PacketMetadata(timestamp: clock?() ?? item.frame.timestamp)
            _ = replayer.firewall.process(&packet, &metadata, bytes: bytes.span.bytes, origin: .sentByHost)
        }
        ownPackets = []
    }

    /// From now on, a filter that tells states from headers alone judges every frame too.
    mutating func watchStateless() {
        var other = replayer.unused()
        other.firewall.stateSource = .header
        other.firewall.answerHandling = .leave
        other.firewall.admit(interfaces)
        stateless = consume other
    }

    private mutating func id(of name: String) -> InterfaceID {
        if let known = interfaceIDs[name] { return known }
        guard interfaceIDs.count < ReplaySession.interfaceLimit else { return .none }
        var id = InterfaceID.none
        if adoptsInterfaces {
            id = interfaces.id(of: name)
            replayer.firewall.admit(interfaces)
            stateless?.firewall.admit(interfaces)
        } else if let host = replayer.firewall.host.interfaces.first(where: { $0.name == name }) {
            id = host.id
        }
        interfaceIDs[name] = id
        return id
    }
}
