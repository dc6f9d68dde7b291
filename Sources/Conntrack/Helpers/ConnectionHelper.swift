internal import Packets

/// A helper (`struct nf_conntrack_helper`): reads the packets of control connections and expects the connections that they
/// agree upon. One file for each, one more for its translation, a line in `StandardHelpers`.
///
/// What a helper has to work with:
/// - `HelpedPacket`: the packet behind all tables, with its payload; `ConnectionTable.replace` changes the payload, and
///   everything that follows from it (lengths, checksums, later sequence numbers);
/// - `ConnectionTable.expectation(from:…)` makes an expectation (`nf_ct_expect_init`), `expect` and `expectFreePort` make it
///   known (`nf_ct_expect_related`, `nf_nat_exp_find_port`), `unexpect` takes it back;
/// - `Expectation.follower` is what happens to the connection that comes (`expectfn`), `assignedHelper` who helps it;
/// - `HelpedConnection.memory` is what a helper remembers of a connection (`nfct_help_data`);
/// - `ConnectionTable.isTranslated` and `connections[entry][direction]` tell of the connection itself.
protocol ConnectionHelper: Sendable {
    static var name: HelperName { get }
    /// By expectation class.
    static var policies: [ExpectationPolicy] { get }
    /// Reads a packet that is on the point of leaving or of being delivered. It may be in any state but INVALID and
    /// UNTRACKED, and an ICMP error.
    static func help(_ packet: inout HelpedPacket, _ table: inout ConnectionTable) -> HelperVerdict
}

enum HelperVerdict {
    case accept, drop
}

/// `struct nf_conntrack_expect_policy`
struct ExpectationPolicy: Hashable {
    /// The most expectations of the class that a connection may have: the oldest makes room.
    var maximum: Int
    /// In seconds.
    var timeout: UInt32
}

/// The helpers: the list of this folder.
enum StandardHelpers {
    static let all: [any ConnectionHelper.Type] = [
        AmandaHelper.self, FTPHelper.self, IRCHelper.self, NetBIOSHelper.self, PPTPHelper.self,
        SANEHelper.self, SIPHelper.self, TFTPHelper.self,
    ]

    /// Nil for a helper that isn't simulated.
    static func helper(_ name: HelperName) -> (any ConnectionHelper.Type)? { all.first { $0.name == name } }
}
