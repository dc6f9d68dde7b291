import Glibc

/// SIGINT asks the packet loop to stop; results so far are kept.
enum Interruption {
    /// Written by a signal handler alone, read by the loop: a word, so neither sees half of it.
    nonisolated(unsafe) private static var flag: sig_atomic_t = 0

    static func watch() {
        // A second SIGINT ends the process at once.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruption.flag = 1 }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
        sigaction(SIGINT, &action, nil)
        // Who started the program may have blocked it.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigprocmask(SIG_UNBLOCK, &signals, nil)
    }

    static var isAsked: Bool { flag != 0 }
}
