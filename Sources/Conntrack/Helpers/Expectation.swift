public import Packets

/// A connection that a helper expects (`struct nf_conntrack_expect`).
struct Expectation: BitwiseCopyable {
    /// What the first packet's tuple has to be, as far as the masks reach; its destination counts in full. Its zone is 0.
    var tuple: FlowTuple
    var sourceMask: UInt128
    var sourcePortMask: UInt16
    /// The number of the zone of the master.
    var zone: UInt16
    /// The connection whose helper expects it.
    var master: FlowHandle
    /// Of the master, for listings.
    var masterTuple: FlowTuple
    var helper: HelperName?
    /// Its place in the helper's `policies`.
    var policyClass = 0
    /// It stays when its connection has come.
    var isPermanent = false
    /// No connection meets it.
    var isInactive = false
    /// Who helps the connection that comes.
    var assignedHelper: HelperName?
    var follower = ExpectationFollower.none
    /// The direction of the master to which the connection belongs (`dir`), and what its destination was before the master's
    /// translation (`saved_addr`, `saved_proto`).
    var direction = Direction.original
    var savedAddress: UInt128 = 0
    var savedPort: UInt16 = 0
    /// Nanoseconds on the capture's clock; at or after it, the expectation is gone.
    var expires = Int64.max
    /// Expectations are numbered in the order in which they were made.
    var serial: UInt64 = 0

    func isExpired(at now: Timestamp) -> Bool { expires <= now.nanoseconds }

    /// `nf_ct_tuple_mask_cmp`
    func matches(_ other: FlowTuple) -> Bool {
        tuple.hasDestination(of: other) && (tuple.source ^ other.source) & sourceMask == 0
            && (tuple.sourcePort ^ other.sourcePort) & sourcePortMask == 0
    }

    /// There are packets that meet both (`expect_clash`).
    func clashes(with other: Expectation) -> Bool {
        zone == other.zone && tuple.hasDestination(of: other.tuple)
            && (tuple.source ^ other.tuple.source) & sourceMask & other.sourceMask == 0
            && (tuple.sourcePort ^ other.tuple.sourcePort) & sourcePortMask & other.sourcePortMask == 0
    }

    /// `expect_matches`
    func isSame(as other: Expectation) -> Bool {
        zone == other.zone && tuple == other.tuple && sourceMask == other.sourceMask
            && sourcePortMask == other.sourcePortMask
    }
}

/// What is done to an expected connection by its first packet (`expectfn`).
enum ExpectationFollower: UInt8, BitwiseCopyable {
    case none
    /// It is translated as its master is (`nf_nat_follow_master`).
    case followMaster
    /// `pptp_expectfn`
    case pptp
    /// `nf_nat_sip_expected`
    case sip
}

extension FlowTuple {
    fileprivate func hasDestination(of other: FlowTuple) -> Bool {
        destination == other.destination && destinationPort == other.destinationPort
            && transportProtocol == other.transportProtocol && family == other.family
    }
}

/// An expectation as a listing shows it (`conntrack -L expect`).
public struct ExpectationSummary: Hashable, Sendable {
    public let helper: HelperName?
    public let tuple: FlowTuple
    public let sourceMask: UInt128
    public let sourcePortMask: UInt16
    /// The original direction of the connection whose helper made it.
    public let master: FlowTuple
    public let policyClass: Int
    public let isPermanent: Bool
    public let isInactive: Bool
    public let secondsLeft: UInt32

    init(_ expectation: Expectation, at now: Timestamp) {
        helper = expectation.helper
        tuple = expectation.tuple
        sourceMask = expectation.sourceMask
        sourcePortMask = expectation.sourcePortMask
        master = expectation.masterTuple
        policyClass = expectation.policyClass
        isPermanent = expectation.isPermanent
        isInactive = expectation.isInactive
        let (left, overflow) = expectation.expires.subtractingReportingOverflow(now.nanoseconds)
        secondsLeft = overflow ? .max : UInt32(clamping: left / 1_000_000_000)
    }
}

/// What a packet had to do with expectations.
public enum ExpectationEvent: Hashable, Sendable {
    /// A helper read it and expects a connection.
    case made(ExpectationSummary)
    /// It begins a connection that was expected.
    case met(ExpectationSummary)
}
