import ArgumentParser
import Diagnostics
import Engine
import Glibc
import KernelOracle
import Packets
import Replay
import Reports

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Sends captures through this machine's kernel as well, and reports where the simulation differs.",
        discussion: """
            Makes network namespaces that stand for the firewall host, loads the rules there with iptables, and sends it the \
            same packets, one by one. It needs Linux and root, and takes everything away again. Packets go as fast as they \
            can: both sides count time as it is now, not as the captures say.
            """)

    @ArgumentParser.Argument(help: "A rule file, or a host snapshot.")
    var rules: String

    @ArgumentParser.Argument(help: ArgumentHelp("Captures; - is standard input.", valueName: "capture"))
    var captures: [String] = []

    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var captureOptions: CaptureOptions
    @OptionGroup var host: HostOptions

    @OptionGroup var backend: BackendOption

    @Option(help: ArgumentHelp("How many disagreements are shown.", valueName: "n"))
    var show = 20

    @OptionGroup var chance: SeedOption
    @OptionGroup var sets: SetOption
    @OptionGroup var color: ColorOption

    func validate() throws {
        try captureOptions.checkAny(captures)
    }

    func run() throws {
        let input = try RuleInput(
            rules, rules6: ruleOptions.rules6, ipset: sets.ipset, family: ruleOptions.family,
            color: color.color, backend: backend.backend)
        let simulated = try FirewallHost(host, snapshot: input.snapshot)
        let arguments = try captureOptions.arguments(captures)
        guard simulated.host.routes != nil, simulated.fixedPath == nil else {
            throw Failure.input(
                "verify needs to know the whole host: give --host a snapshot with addr.json")
        }
        let kernelHost = KernelHost(
            simulated.host, simulated.interfaces, settings: simulated.sysctls.known)
        var session = try ReplaySession(
            input, simulated, captures: arguments, options: captureOptions, checksum: .verify, answers: .make,
            seed: chance.seed)
        session.clock = {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            return Timestamp(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
        }
        let verification = Verification(
            session.book, backend: backend.backend, show: show)
        do {
            try verification.run(&session, kernelHost)
        } catch let error as KernelFailure {
            // What was found before it broke off.
            if verification.hasTried { try StandardOutput.writeAll(verification.report(session)) }
            throw Failure.system("can't ask the kernel: \(error.message)")
        }
        try StandardOutput.writeAll(verification.report(session))
        if verification.isInterrupted { throw Failure.interrupted }
        try session.stream.checkFaults()
        if !verification.agrees { throw Failure.answeredNo }
    }
}
