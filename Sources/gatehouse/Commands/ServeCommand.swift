import ArgumentParser
import Diagnostics
import Foundation
import Gateway
import GatewayServer
import Glibc
import Packets

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the application gateway on real sockets.",
        discussion: """
            The policy's listeners say where it listens and where it goes. It says "listening on …" on standard \
            error when it is ready. SIGHUP reads the policy again, SIGTERM and SIGINT stop it.
            """)

    @ArgumentParser.Argument(help: "The gateway policy.")
    var policy: String

    @Option(
        help: ArgumentHelp(
            "Where connections come in that a REDIRECT rule brings, for listeners without an address of their own.",
            valueName: "address:port"))
    var listen: EndpointArgument = EndpointArgument(endpoint: Endpoint(.v4(0x7f00_0001), 15_001))

    @Option(help: ArgumentHelp("Answers GET /metrics there, for Prometheus.", valueName: "address:port"))
    var metrics: EndpointArgument?

    @Option(help: "Appends a line of JSON here when a session ends; - is standard output.")
    var log: String?

    @Option(help: ArgumentHelp("How long sessions may go on after SIGTERM.", valueName: "seconds"))
    var drain: Int = 30

    @Flag(
        help:
            "Only judges: the log says in \"shadow\" what would have been done, and everything is let through."
    )
    var shadow = false

    @OptionGroup var color: ColorOption

    func validate() throws {
        guard (0...86_400).contains(drain) else { throw ValidationError("--drain takes 0 to 86400 seconds") }
    }

    func run() throws {
        guard policy != "-" else {
            throw Failure.input("serve reads its policy again on SIGHUP: it needs a file, not standard input")
        }
        let gatewayPolicy = try PolicyInput.read(policy, color: color.color)
        ServeCommand.noteWhatIsNotServed(gatewayPolicy)
        let log = try log.map { try SessionLog(path: $0) }
        let signals = StopSignals()
        ServeCommand.raiseFileLimit()
        let gateway = SocketGateway(
            policy: gatewayPolicy, threads: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            epoch: ServeCommand.now,
            isShadow: shadow, transparent: listen.endpoint
        ) { session in log?.write(session) }
        let bound = try ServeCommand.binding { () throws(SocketGateway.BindError) in try gateway.start() }
        if let metrics {
            let endpoint = try ServeCommand.binding { () throws(SocketGateway.BindError) in
                try gateway.serveMetrics(at: metrics.endpoint)
            }
            StandardError.write("metrics on \(endpoint)\n")
        }
        for endpoint in bound { StandardError.write("listening on \(endpoint)\n") }
        let limit = wait(signals, gateway, log)
        Thread.detachNewThread {
            // Who asks twice doesn't want to wait.
            while signals.next() == SIGHUP {}
            gateway.abort()
        }
        gateway.stop(within: limit)
        if log?.hasFailed == true { throw Failure.system("the log isn't complete") }
    }

    /// - Returns: how long sessions may go on, in nanoseconds.
    private func wait(_ signals: StopSignals, _ gateway: SocketGateway, _ log: SessionLog?) -> Int64 {
        while true {
            switch signals.next() {
            case SIGHUP: reload(gateway, log)
            case SIGINT: return min(1, Int64(drain)) * 1_000_000_000
            default: return Int64(drain) * 1_000_000_000
            }
        }
    }

    /// A policy that can't be read or listened for is reported, and the old one stays.
    private func reload(_ gateway: SocketGateway, _ log: SessionLog?) {
        do {
            try log?.reopen()
            let policy = try PolicyInput.read(policy, color: color.color)
            let opened = try ServeCommand.binding { () throws(SocketGateway.BindError) in
                try gateway.reload(policy)
            }
            for endpoint in opened { StandardError.write("listening on \(endpoint)\n") }
            StandardError.write("policy reloaded\n")
        } catch {
            if let message = (error as? Failure)?.message { StandardError.write("gatehouse: \(message)\n") }
            StandardError.write("the old policy stays\n")
        }
    }

    private static func binding<Value>(_ body: () throws(SocketGateway.BindError) -> Value) throws -> Value {
        do throws(SocketGateway.BindError) {
            return try body()
        } catch {
            throw Failure.system("can't listen on \(error.endpoint): \(error.message)")
        }
    }

    private static func noteWhatIsNotServed(_ policy: GatewayPolicy) {
        for listener in policy.listeners where listener.transports.contains(.udp) {
            StandardError.note(
                "\(listener.protocolName.rawValue) over UDP is not served by this version, over TCP only")
        }
    }

    /// As many sockets as the system lets it have: a session takes two.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

struct EndpointArgument: ExpressibleByArgument {
    var endpoint: Endpoint

    init(endpoint: Endpoint) { self.endpoint = endpoint }

    init?(argument: String) {
        guard let endpoint = Endpoint(argument) else { return nil }
        self.endpoint = endpoint
    }

    var defaultValueDescription: String { endpoint.description }
}
