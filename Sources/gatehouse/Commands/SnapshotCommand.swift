import ArgumentParser
import Glibc

struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Collects a host snapshot here: rules, sets, addresses, routes and settings of this host.",
        discussion: """
            What it takes comes from iptables-save, ip6tables-save, ipset, ip and sysctl; what isn't there is said and left \
            out. Rules and sets need root. For another host, run there what --print-script prints: \
            gatehouse snapshot --print-script | ssh root@HOST sh -s > HOST.tar.gz. Exit code 1: there were no rules to be \
            had.
            """)

    @ArgumentParser.Argument(
        help: ArgumentHelp(
            "A folder that isn't there yet or is empty, or an archive to write: a name in .tar.gz, or - for standard output.",
            valueName: "dir"))
    var target: String?

    @Flag(help: "Prints the shell script that does it, for another host.")
    var printScript = false

    func validate() throws {
        if printScript, target != nil { throw ValidationError("--print-script only prints the script") }
        if !printScript, target == nil { throw ValidationError("Missing a folder to write to") }
    }

    func run() throws {
        guard let target else { return try StandardOutput.writeText(SnapshotScript.text) }
        // The shell takes the place of this program: its exit code is ours, and tools see a closed pipe as they are used to.
        signal(SIGPIPE, SIG_DFL)
        let words = ["sh", "-c", SnapshotScript.text, "snapshot", target]
        var arguments = words.map { strdup($0) } + [nil]
        execv("/bin/sh", &arguments)
        throw Failure.system("can't run /bin/sh: \(String(cString: strerror(errno)))")
    }
}
