import Replay

extension CaptureFinding.Kind {
    /// What was found, behind its number.
    func words(_ count: UInt64) -> String {
        let isOne = count == 1
        return switch self {
        case .cutOffFile: isOne ? "file breaks off" : "files break off"
        case .cutFrames: isOne ? "frame is cut" : "frames are cut"
        case .headersCut: isOne ? "frame ends in its headers" : "frames end in their headers"
        case .offloadedChecksums: "checksums that a network card was to fill in"
        case .badChecksums: "wrong TCP, UDP, ICMP or SCTP checksums"
        case .badHeaderChecksums: "wrong IPv4 header checksums"
        case .aggregatedSegments: "packets longer than 1,500 bytes"
        case .malformed: "frames that no host takes for a packet"
        case .midstream:
            isOne ? "TCP connection began before the capture" : "TCP connections began before the capture"
        case .oneSided:
            isOne
                ? "TCP connection of which one side was captured"
                : "TCP connections of which one side was captured"
        case .unfinished: isOne ? "TCP connection had not ended" : "TCP connections had not ended"
        case .lostByCapture: "acknowledgements of data that the capture lacks"
        case .repeatedFrames: "packets that come twice, the same to the byte"
        case .bothSides: "packets captured on both sides of a router"
        case .clockBack: isOne ? "step of the clock back" : "steps of the clock back"
        case .disorder: "frames out of the order of time"
        case .clockForward: "silences of ten minutes or more"
        case .notIP: "frames that are not IP"
        case .tagged: "frames with a VLAN tag"
        }
    }

    /// What it means for a replay.
    var meaning: String {
        switch self {
        case .cutOffFile: "the rest is missing"
        case .cutFrames:
            "rules that look at payload may miss, and checksums can't be verified: they count as good"
        case .headersCut: "nothing is known of these: MALFORMED, no rule sees them"
        case .offloadedChecksums:
            "captured on the host that sent or received them; replay takes them for good by itself"
        case .badChecksums: "connection tracking takes these for INVALID, and REJECT doesn't answer them"
        case .badHeaderChecksums: "the kernel drops these before any rule"
        case .aggregatedSegments:
            "one stands for several on the wire (TSO, GRO): counters, limits and length tests differ there"
        case .malformed: "the kernel drops these before any rule"
        case .midstream:
            "their first packets are NEW or INVALID where they were ESTABLISHED (nf_conntrack_tcp_loose), and windows are taken as wide"
        case .oneSided: "no reply is seen: they stay NEW, or are INVALID, where they were ESTABLISHED"
        case .unfinished: "they are still open at the end"
        case .lostByCapture:
            "connection tracking hasn't seen the data either: later packets may be INVALID, counters lack the rest"
        case .repeatedFrames:
            "captured twice, or doubled on the way: rules count each copy, connection tracking sees a retransmission"
        case .bothSides: "a forwarded packet is to count once, where it comes in"
        case .clockBack: "limits, timeouts and recent lists run on the capture's clock"
        case .disorder: "frames that were written a moment late; captures are replayed as they are written"
        case .clockForward: "nothing happened, or the clock was put forward: connections time out in between"
        case .notIP: "no rule of iptables sees them"
        case .tagged: "rules see them as if without the tag, on the interface of the capture"
        }
    }

    /// What helps.
    var advice: String? {
        switch self {
        case .cutOffFile: "copy the file again, once its writer has closed it"
        case .cutFrames, .headersCut: "capture whole packets: tcpdump -s 0"
        case .offloadedChecksums: "--checksum verify takes them as they are"
        case .badChecksums, .badHeaderChecksums:
            "if a network card was to fill them in: --checksum ignore"
        case .aggregatedSegments:
            "capture with ethtool -K IFACE gro off gso off tso off, or on another machine"
        case .midstream: "start the capture before the connections, or pass over their beginning: --skip"
        case .oneSided: "capture the other direction too, and give both: --capture IFACE=FILE"
        case .lostByCapture:
            "capture with a larger buffer (tcpdump -B), fewer packets (a filter), or to a faster disk"
        case .repeatedFrames: "capture on one interface, not on any and its parts"
        case .bothSides: "say which is which: --capture IFACE=FILE for each, and --host"
        case .clockBack: "split the capture at the step: editcap -A and -B"
        case .tagged: "one VLAN alone: --filter 'vlan 10', with --capture IFACE.10=FILE"
        case .malformed, .unfinished, .disorder, .clockForward, .notIP: nil
        }
    }
}
