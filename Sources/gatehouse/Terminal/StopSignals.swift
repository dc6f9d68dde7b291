import Glibc

/// The signals that a server waits for, instead of being ended by them.
struct StopSignals {
    private var set = sigset_t()

    /// Blocks them for the threads that are started from now on.
    init() {
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    func next() -> Int32 {
        var set = set
        var signal: Int32 = 0
        while sigwait(&set, &signal) != 0 {}
        return signal
    }
}
