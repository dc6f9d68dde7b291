public import Conntrack
public import Packets
public import RuleModel

/// Which way through the hooks a packet took.
public enum PacketPath: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case input, forward, output

    /// As results name it: `INPUT`.
    public var name: String {
        switch self {
        case .input: "INPUT"
        case .forward: "FORWARD"
        case .output: "OUTPUT"
        }
    }
}

/// What became of a packet. The raw values are stable names for output.
public enum PacketVerdict: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case accept = "ACCEPT"
    case drop = "DROP"
    /// By a REJECT rule, whether or not an answer went out (`TraversalResult.rejectKind`).
    case reject = "REJECT"
    /// Handed to a program by NFQUEUE or QUEUE; what it would say, nobody knows.
    case queue = "QUEUE"
    /// By routing, between the hooks.
    case routedAway = "ROUTED-AWAY"
    /// A fragment that reassembly keeps or drops (`TraversalResult.fragmentFault`); no table has seen it.
    case stolen = "STOLEN"
}

/// Why a packet was dropped without a rule's or a policy's word. The raw values are stable names for output.
public enum SilentDrop: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// A match found a header that it can't read (`par->hotdrop`); `TraversalResult.rule` is its rule, which
    /// didn't count.
    case hotdrop
    case connectionTableFull = "connection-table-full"
    /// At the end of the way, another packet had taken the new connection's tuple.
    case connectionClash = "connection-clash"
    /// Reassembly can't read the fragment, or, between routing and INPUT, make it fit with others of its packet.
    case reassembly
    /// A helper of connection tracking can't read its payload to the end, or can't expect what it announces.
    case helper
    /// Address translation can't write it: a quoted packet that is too short, a redirect, a GRE version.
    case translation
}

/// One packet's fate.
public struct TraversalResult: Sendable, BitwiseCopyable {
    public var verdict: PacketVerdict
    /// Nil if the packet ended before its way parted: in PREROUTING, or by routing. A packet that the host
    /// sends to itself is on the path OUTPUT until its end, though it goes through INPUT as well.
    public var path: PacketPath?
    /// The rule or policy that dropped or rejected the packet; for an accepted one, that of the table filter,
    /// or of the last table it met if the rules have no table filter. Nil if it met no table, or routing
    /// decided.
    public var rule: RuleID?
    public var silentDrop: SilentDrop?
    public var routedAwayReason: RoutedAwayReason?
    /// The answer that a REJECT sends; nil where it can't or mustn't answer (a reset to a reset, an error to
    /// an error, a fragment, a wrong checksum …): the packet is then dropped without a word.
    public var rejectKind: RejectKind?
    /// Nil where connection tracking is off or hasn't been reached.
    public var connectionState: ConnectionState?
    public var invalidReason: InvalidReason?
    /// `none` if the packet doesn't leave or nobody said where.
    public var outInterface: InterfaceID
    /// Of how many fragments the packet was put together, this being the last to come; 0 for any other.
    public var fragments: UInt16
    /// Why reassembly dropped the fragment; nil while it is held.
    public var fragmentFault: FragmentFault?
    /// Facts that rules asked for and nobody gave: bits of `CompiledRules.facts`; the last bit stands for all from its place
    /// on. Any of them may change the result.
    public var missingFacts: UInt64
    /// What address translation made of the packet; nil if it was left as it was.
    public var translation: PacketTranslation?
    /// Of the translation of the packet's connection.
    public var translationCertainty: TranslationCertainty

    init() {
        verdict = .accept
        path = nil
        rule = nil
        silentDrop = nil
        routedAwayReason = nil
        rejectKind = nil
        connectionState = nil
        invalidReason = nil
        outInterface = .none
        fragments = 0
        fragmentFault = nil
        missingFacts = 0
        translation = nil
        translationCertainty = .exact
    }
}
