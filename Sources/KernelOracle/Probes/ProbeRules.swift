/// An nftables table that says, through NFLOG, where a packet is: at the first and the last priority of every hook, and, right
/// behind connection tracking, in which state.
///
/// The last INPUT hook, which comes behind the confirmation of connections, drops the packet: no socket ever answers.
enum ProbeRules {
    static let group: UInt16 = 61_000
    static let table = "gatehouse_probe"
    /// The mark (`SO_MARK`) of packets that we send from the host ourselves; it is taken off before the first rule.
    static let ownMark: UInt32 = 0xfac7_e500

    static func text(tracksIPv4: Bool, tracksIPv6: Bool) -> String {
        family("ip", "meta l4proto igmp drop", tracks: tracksIPv4)
            + family(
                "ip6", "icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 143 } drop", tracks: tracksIPv6)
    }

    private static func family(_ family: String, _ noise: String, tracks: Bool) -> String {
        let (first, last) = (-2_147_483_648, 2_147_483_647)
        func log(_ tag: String) -> String { "log prefix \"\(tag)\" group \(group) queue-threshold 1" }
        func chain(_ name: String, _ hook: String, _ priority: Int, _ body: [String]) -> String {
            "chain \(name) { type filter hook \(hook) priority \(priority); policy accept;\n"
                + body.map { $0 + "\n" }.joined() + "}\n"
        }
        let states = tracks ? self.states() : []
        return """
            table \(family) \(table) {
            \(chain("pre_a", "prerouting", first, [log("P0")]))\(chain("pre_b", "prerouting", -399, [log("P1")]))\
            \(chain("pre_c", "prerouting", -199, states))\(chain("pre_z", "prerouting", last, [log("P9")]))\
            \(chain("in_a", "input", first, [log("I0")]))\(chain("in_z", "input", last, [log("I9"), "drop"]))\
            \(chain("fwd_a", "forward", first, [log("F0")]))\(chain("fwd_z", "forward", last, [log("F9")]))\
            chain ours { meta mark set 0
            \(log("O0"))
            }
            \(chain("out_a", "output", first, [
                "meta mark & 0xffffff00 == \(ownMark) goto ours", noise, log("K"),
            ]))\(chain("out_b", "output", -399, [log("O1")]))\
            \(chain("out_c", "output", -199, states))\(chain("out_z", "output", last, [log("O9")]))\
            \(chain("post_a", "postrouting", first, [log("Q0")]))\(chain("post_z", "postrouting", last, [log("Q9")]))\
            }

            """
    }

    private static func states() -> [String] {
        var lines: [String] = []
        func add(_ condition: String, _ tag: String) {
            lines.append("\(condition) log prefix \"S:\(tag)\" group \(group) queue-threshold 1 accept")
        }
        add("ct state untracked", "UNTRACKED")
        add("ct state invalid", "INVALID")
        for state in ["new", "established", "related"] { add("ct state \(state)", state.uppercased()) }
        return lines
    }
}
