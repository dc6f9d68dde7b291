import Glibc

/// `ReplayBenchmark GATEHOUSE PCAPLOOP [PACKETS] [RUNS]`: replays a generated capture, and lets libpcap's loop
/// and tcpdump read the same one, in turn, so that the ratios hold on a busy machine.
@main
enum ReplayBenchmark {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            fail("usage: ReplayBenchmark GATEHOUSE PCAPLOOP [PACKETS] [RUNS]", 2)
        }
        let packets = arguments.count > 3 ? Int(arguments[3]) ?? 5_000_000 : 5_000_000
        let runs = arguments.count > 4 ? Int(arguments[4]) ?? 5 : 5
        let folder = "/tmp/gatehouse-benchmark-\(getpid())"
        mkdir(folder, 0o700)
        let (capture, rules) = ("\(folder)/sessions.pcap", "\(folder)/ten.v4")
        defer {
            unlink(capture)
            unlink(rules)
            rmdir(folder)
        }
        Workload(packets: packets).write(to: capture)
        guard let file = fopen(rules, "w") else { exit(3) }
        fputs(Workload.rules, file)
        fclose(file)

        let commands: [(name: String, words: [String])] = [
            ("libpcap, pcap_loop that counts", [arguments[2], capture]),
            (
                "tcpdump with the ten rules' filter",
                ["tcpdump", "-n", "-r", capture, "-w", "/dev/null", Workload.filter]
            ),
            ("gatehouse replay, ten rules", [arguments[1], "replay", "--hook", "FORWARD", rules, capture]),
        ]
        var costs = commands.map { _ in [Cost]() }
        for run in 0...runs {
            for (index, command) in commands.enumerated() {
                let cost = Cost.of(command.words)
                if run > 0 { costs[index].append(cost) }
            }
        }
        print("\(packets) packets, \(runs) interleaved runs after a warm-up, medians of user + system time")
        let base = costs[0].map(\.cpu).median
        for (index, command) in commands.enumerated() {
            let cpu = costs[index].map(\.cpu).median
            let nanoseconds = cpu / Double(packets) * 1e9
            let name = command.name + String(repeating: " ", count: 36 - command.name.count)
            print(
                "\(name) \(tenths(nanoseconds)) ns a packet, \(tenths(cpu / base)) x libpcap,"
                    + " \(costs[index].map(\.memory).max()! / 1024) MiB")
        }
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
