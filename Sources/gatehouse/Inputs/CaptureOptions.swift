import ArgumentParser
import Engine

/// The captures of a command, in the forms `FILE`, `--capture IFACE=FILE`, `IFACE:in=FILE`, `IFACE:local=FILE`.
struct CaptureOptions: ParsableArguments {
    @Option(
        name: .customLong("capture"), parsing: .singleValue,
        help: ArgumentHelp(
            "A capture and its interface; IFACE:in holds arriving packets only, IFACE:local packets that the host "
                + "sends. Several are merged by time.", valueName: "iface=file"))
    var bound: [String] = []

    @Option(help: ArgumentHelp("Takes only packets that match this tcpdump filter.", valueName: "bpf"))
    var filter: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the first packets.", valueName: "n"))
    var skip: UInt64 = 0

    @Option(parsing: .unconditional, help: ArgumentHelp("Stops after this many packets.", valueName: "n"))
    var count: UInt64?

    /// Which packets are taken, for a reader; nil if all are.
    var words: String? {
        var parts: [String] = []
        if let filter { parts.append("packets that match \(filter)") }
        if skip > 0 { parts.append("without the first \(skip)") }
        if let count { parts.append("\(count) at most") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// All of the command line's.
    /// - Parameter paths: the bare ones.
    func arguments(_ paths: [String]) throws -> [CaptureArgument] {
        try bound.map { try CaptureArgument(bound: $0) } + paths.map { CaptureArgument(path: $0) }
    }

    /// Fails if there is no capture.
    func checkAny(_ paths: [String]) throws {
        if paths.isEmpty && bound.isEmpty {
            throw ValidationError("Missing a capture: give a file, or --capture IFACE=FILE")
        }
    }

    /// Those behind `IFACE=`.
    var paths: [String] {
        bound.map { String($0[($0.firstIndex(of: "=").map($0.index(after:)) ?? $0.endIndex)...]) }
    }
}

/// `--checksum`.
struct ChecksumOption: ParsableArguments {
    enum Choice: String, CaseIterable, ExpressibleByArgument { case auto, verify, ignore }

    @Option(
        help:
            "Transport checksums: auto takes those for good that a network card was to fill in; verify; ignore."
    )
    var checksum: Choice = .auto

    var trust: ChecksumTrust {
        switch checksum {
        case .auto: .verifyUnlessOffloaded
        case .verify: .verify
        case .ignore: .ignore
        }
    }
}

/// One capture of the command line.
struct CaptureArgument {
    enum Mode { case both, arriving, sentByHost }

    var path: String
    /// Nil for a bare path.
    var interface: String?
    var mode = Mode.both

    /// - Parameter bound: an argument of `--capture`.
    init(bound: String) throws {
        guard let equals = bound.firstIndex(of: "="), bound.index(after: equals) < bound.endIndex else {
            throw Failure.input("--capture \(bound): write IFACE=FILE")
        }
        path = String(bound[bound.index(after: equals)...])
        let place = bound[..<equals].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        interface = String(place[0])
        try HostOptions.checkInterface(String(place[0]), of: "--capture \(bound)")
        if place.count == 2 {
            switch place[1] {
            case "in": mode = .arriving
            case "local": mode = .sentByHost
            default:
                throw Failure.input("--capture \(bound): \"\(place[1])\" is neither \"in\" nor \"local\"")
            }
        }
    }

    init(path: String) { self.path = path }
}
