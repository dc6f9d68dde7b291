import Glibc

/// What one run of a command cost.
struct Cost {
    /// User and system time, in seconds.
    var cpu: Double
    /// The largest resident size, in KiB.
    var memory: Int

    /// Runs a command, its standard output thrown away.
    static func of(_ arguments: [String]) -> Cost {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, arguments[0], &actions, nil, &words, environ) == 0 else {
            fail("can't run \(arguments[0])", 3)
        }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
        guard status == 0 else {
            fail("\(arguments.joined(separator: " ")) failed", 3)
        }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return Cost(cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), memory: usage.ru_maxrss)
    }
}

extension [Double] {
    var median: Double {
        let sorted = sorted()
        return sorted.count % 2 == 1
            ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
    }
}

func fail(_ message: String, _ code: Int32) -> Never {
    let text = message + "\n"
    write(STDERR_FILENO, text, text.utf8.count)
    exit(code)
}
