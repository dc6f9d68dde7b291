internal import Packets

/// What connection tracking keeps of a connection that has a helper, a master or adjusted sequence numbers, and of no other.
struct HelpedConnection {
    struct Master {
        var handle: FlowHandle
        var helper: HelperName?
        /// Where it came from.
        var source: UInt128
    }

    var memory = HelperMemory.none
    /// Those of this connection's helper, the latest first.
    var expectations: [ExpectationHandle] = []
    var adjustment = SequenceAdjustment()
    /// The connection that expected this one.
    var master: Master?
}

/// What a helper remembers of a connection (`nfct_help_data`).
enum HelperMemory {
    case none
    case ftp(FTPMemory)
    case pptp(PPTPMemory)
    case sip(SIPMemory)
    /// The client has asked for a scan.
    case sane(isStarting: Bool)
}
