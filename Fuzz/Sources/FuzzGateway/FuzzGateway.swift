import CLibFuzzer
import Gateway
import Glibc
import Packets

@main
enum FuzzGateway {
    static func main() {
        var count = CommandLine.argc
        var arguments = Optional(CommandLine.unsafeArgv)
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                start.map { fuzzGateway($0, count) } ?? 0
            })
    }
}

/// A session of any protocol: the first two octets choose it, the rest are events: one octet says what, and for bytes
/// the next how many. The session ends, and commands nothing behind its end.
private func fuzzGateway(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = Array(UnsafeBufferPointer(start: start, count: count))[...]
    guard let first = input.popFirst(), let second = input.popFirst() else { return 0 }
    var policy = GatewayPolicy()
    policy.defaultAction = .allow
    policy.settings.detection = first & 0x10 == 0 ? .strict : .auto
    policy.settings.open = first & 0x20 == 0 ? .onRequest : .onConnect
    policy.limits[.bufferBytes] = 1024
    let any = ValueMatcher.text(TextPattern(glob: "*x*"))
    for (bit, field) in [PolicyField.body, .responseMagic, .status, .version, .answers, .upgrade].enumerated()
    where second >> UInt8(bit) & 1 == 1 {
        policy.rules.append(PolicyRule(name: field.rawValue, tests: [FieldTest(field, any)], action: .deny))
    }
    if second & 0x80 != 0 { policy.allowedAnomalies = Set(Anomaly.all.compactMap { Anomaly(rawValue: $0) }) }
    let names = GatewayProtocol.allCases
    let transport: SessionTransport = first & 0x40 == 0 ? .tcp : .udp
    var listener = Listener(names[Int(first & 0x0f) % names.count], transports: [transport])
    if first & 0x80 != 0 { listener.mode = .explicit }
    var now = Moment(time: Timestamp(nanoseconds: 0))
    var session = GatewaySession(
        policy: policy, listener: listener, client: Endpoint(.v4(1), 1), server: Endpoint(.v4(2), 2),
        transport: transport, at: now)
    var finished = 0
    func check(_ commands: [SessionCommand]) {
        for command in commands {
            precondition(finished == 0, "a command behind the end")
            if case .finished = command { finished += 1 }
        }
    }
    check(session.receive(.opened, at: now))
    while let octet = input.popFirst() {
        now.time.nanoseconds += Int64(octet) << 24
        now.packet += 1
        let peer: Peer = octet & 1 == 0 ? .client : .server
        switch octet >> 1 & 15 {
        case 0: check(session.receive(.closed(peer), at: now))
        case 1: check(session.receive(.reset(peer), at: now))
        case 2: check(session.receive(.gap(peer), at: now))
        case 3: check(session.receive(.serverFailed(.timeout), at: now))
        case 4: check(session.receive(.writable(peer, octet & 0x80 == 0), at: now))
        case 5: check(session.receive(.overlapConflict(peer), at: now))
        case 6, 7: check(session.receive(.serverOpened, at: now))
        default:
            let length = Int(input.popFirst() ?? 0)
            check(session.receive(.data(peer, Array(input.prefix(length))), at: now))
            input = input.dropFirst(length)
        }
    }
    check(session.end(at: now))
    precondition(finished == 1, "no end")
    return 0
}
