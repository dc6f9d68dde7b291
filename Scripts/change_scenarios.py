"""The scenarios of traversal-goldens.py that are about targets which change packets, connections and marks."""
import copy
import socket
import struct

from koracle import packets as P, scenario as S

FAR, NEAR, NEAR2, WAN, LAN = S.OUT, S.SRV, S.SRV2, S.WAN, S.LAN   # 198.51.100.7 10.0.0.5 10.0.0.6 192.0.2.1 10.0.0.1
FAR6, NEAR6, WAN6, LAN6 = S.OUT6, S.SRV6, S.WAN6, S.LAN6


def rules(lines):
    """Lines of `TABLE RULE`, and counters in every chain of the tables that are named."""
    chains = {"raw": "PREROUTING OUTPUT", "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING", "filter": "INPUT FORWARD OUTPUT"}
    out = []
    for table in ("raw", "mangle", "filter"):
        own = [line.split(" ", 1)[1] for line in lines if line.startswith(table + " ")]
        out += ["*" + table] + [":%s ACCEPT [0:0]" % c for c in chains[table].split()] + own + ["COMMIT"]
    return "\n".join(out) + "\n"


def rx(iface, *packets):
    return [S.rx(iface, p) for p in packets]


def tx(iface, *packets):
    return [S.tx(iface, p) for p in packets]


def headers():
    """The hop limit and the TOS, ahead of rules that test them, of errors that quote them, and of routing."""
    def u(port, **kw):
        return P.udp(FAR, NEAR, 4000, port, **kw)
    out = rx("eth0", *[u(p, ttl=t) for p in (1, 2, 3, 4, 5) for t in (1, 2, 5, 60, 250, 255)])
    out += rx("eth0", *[u(p, tos=t) for p in range(10, 20) for t in (0, 0x10, 0x2e, 0xb9, 0xff)])
    out += rx("eth0", P.udp(FAR, NEAR, 4000, 10, badsum=True, tos=1), u(30, tos=3))
    out += rx("eth0", P.udp(FAR, WAN, 4000, 1, ttl=1), P.udp(FAR, WAN, 4000, 12, tos=4))
    return out + tx("eth1", P.udp(LAN, NEAR, 4000, 1), P.udp(LAN, NEAR, 4000, 10))


def headers_rules(six=False):
    ttl, hl = ("HL --hl", "hl --hl") if six else ("TTL --ttl", "ttl --ttl")
    port = "-p udp -m udp --dport %d -j %s"
    out = ["-A PREROUTING " + port % (p, t) for p, t in (
        (1, ttl + "-set 5"), (2, ttl + "-inc 10"), (3, ttl + "-dec 2"), (4, ttl + "-set 0"), (5, ttl + "-dec 200"),
        (10, "TOS --set-tos 0x10"), (11, "TOS --set-tos 0x10/0x3f"), (12, "TOS --and-tos 0x0f"), (13, "TOS --or-tos 0x81"),
        (14, "TOS --xor-tos 0xff"), (15, "DSCP --set-dscp 0x2e"), (16, "DSCP --set-dscp-class BE"))]
    if not six:
        out += ["-A PREROUTING " + port % (p, "ECN --ecn-ip-ect %d" % (p - 17)) for p in (17, 18, 19)]
    out += ["-A OUTPUT " + port % (p, t) for p, t in ((1, ttl + "-set 9"), (10, "TOS --set-tos 0x08"))]
    out += ["-A POSTROUTING " + port % (1, ttl + "-inc 1")]
    for chain in ("PREROUTING", "FORWARD", "POSTROUTING", "INPUT"):
        out += ["-A %s -m %s-eq %d" % (chain, hl, n) for n in (4, 5, 6, 9, 10)]
        out += ["-A %s -m tos --tos %s" % (chain, t) for t in ("0x10/0xff", "0x08", "0x81/0x81", "0x04")]
        out += ["-A %s -m dscp --dscp 46" % chain]
    return ["mangle " + line for line in out] + ["filter -A FORWARD -p udp -m udp --dport 30 -j REJECT"]


def headers6():
    def u(port, **kw):
        return P.udp(FAR6, NEAR6, 4000, port, **kw)
    out = rx("eth0", *[u(p, hlim=t) for p in (1, 2, 3, 4, 5) for t in (1, 2, 5, 60, 250, 255)])
    out += rx("eth0", *[u(p, tc=t) for p in range(10, 17) for t in (0, 0x10, 0x2e, 0xb9, 0xff)])
    return out + tx("eth1", P.udp(LAN6, NEAR6, 4000, 1), P.udp(LAN6, NEAR6, 4000, 10))


MSS, SACK, SCALE = b"\2\4\5\xb4", b"\4\2", b"\3\3\7"
STAMP = b"\x08\x0a" + b"\1" * 8


def tcp(far=FAR, near=NEAR):
    """Segment sizes that are lowered, added or left alone; options that become NOPs; TCP's congestion bits."""
    def t(port, flags="S", **kw):
        return P.tcp(far, near, 4000, port, flags, seq=100, **kw)
    shapes = [MSS, b"", MSS + SACK + STAMP + b"\1" + SCALE, b"\1" + MSS, b"\1" * 36, b"\1" * 40, b"\2\4\0\x10",
              b"\2\3\5\xb4", b"\2\0\5\xb4", SACK + MSS, b"\x1e\x26" + b"\0" * 36, b"\x05\x0a" + b"\2" * 8 + MSS]
    out = []
    for port in (1, 2, 3):
        out += rx("eth0", *[t(port, opts=o) for o in shapes])
        out += rx("eth0", t(port, data=b"odd"), t(port, opts=MSS, data=b"data"), t(port, "SA", opts=MSS, ack=1))
    out += rx("eth0", *[t(4, opts=o) for o in shapes])
    out += rx("eth0", *[t(p, f) for p in (5, 6, 7) for f in ("S", "SEC", "SC", "SE")])
    out += rx("eth0", P.tcp(far, near, 4000, 1, "S", opts=MSS, badsum=True))
    # Segments whose headers are cut short.
    whole = t(4, opts=MSS)
    head = 20 if far == FAR else 40
    bad = bytearray(t(4, opts=b"\1" * 8))
    bad[head + 12] = 0x40
    out += rx("eth0", bytes(bad))
    bad[head + 12] = 0xf0
    out += rx("eth0", bytes(bad))
    bad = bytearray(t(1, opts=b"\1" * 8))
    bad[head + 12] = 0xf0
    return out + rx("eth0", bytes(bad), whole) + rx("eth1", P.tcp(near, far, 4000, 3, "S", opts=MSS))


def tcp_rules(ecn=True):
    syn = "-p tcp -m tcp --dport %d --tcp-flags SYN,RST SYN -j TCPMSS %s"
    out = ["mangle -A PREROUTING " + syn % (1, "--set-mss 1000"), "mangle -A FORWARD " + syn % (2, "--set-mss 20"),
           "mangle -A FORWARD " + syn % (3, "--clamp-mss-to-pmtu"),
           "mangle -A FORWARD -p tcp -m tcp --dport 4 -j TCPOPTSTRIP --strip-options 2,4,5,8,30"]
    if ecn:
        out += ["mangle -A PREROUTING -p tcp -m tcp --dport %d -j ECN %s" % (p, o)
                for p, o in ((5, "--ecn-tcp-remove"), (6, "--ecn-tcp-ece 1 --ecn-ip-ect 2"), (7, "--ecn-tcp-cwr 1 --ecn-tcp-ece 0"))]
    out += ["filter -A FORWARD -p tcp -m tcp --tcp-flags SYN SYN -m tcpmss --mss %s" % r for r in ("20", "536", "1000", "1220", "1240:1260")]
    out += ["filter -A FORWARD -p tcp -m tcp --tcp-option %d" % n for n in (2, 4, 8)]
    return out + ["filter -A FORWARD -m length --length %d" % n for n in (40, 44, 60, 64, 80)]


def marks():
    """Marks of packets and connections, saved, restored, shifted, masked."""
    def t(way, flags, seq, ack, port):
        ends = (FAR, NEAR, port, 80) if way else (NEAR, FAR, 80, port)
        return S.rx("eth0" if way else "eth1", P.tcp(*ends, flags, seq=seq, ack=ack, tos=port))
    out = []
    for port in (1, 2, 3, 4, 5, 6, 7):
        out += [t(1, "S", 100, 0, port), t(0, "SA", 500, 101, port), t(1, "A", 101, 501, port)]
    return out + rx("eth0", P.tcp(FAR, NEAR, 9, 80, "FA", seq=1, ack=1), P.icmp(FAR, NEAR, 3, 3, data=P.tcp(NEAR, FAR, 80, 1, "A")))


def marks_rules():
    port = "mangle -A PREROUTING -p tcp -m tcp --sport %d -j %s"
    out = ["mangle -A PREROUTING -i eth1 -j CONNMARK --restore-mark"]
    out += [port % (p, "MARK --set-mark 0xf0f5") for p in (1, 2, 3)]
    out += [port % (1, "CONNMARK --save-mark"), port % (2, "CONNMARK --save-mark --nfmask 0xff --ctmask 0xff00"),
            port % (3, "CONNMARK --save-mark --left-shift-mark 8"), port % (4, "CONNMARK --set-mark 0x5"),
            port % (5, "CONNMARK --set-xmark 0x3/0xf0 --left-shift-mark 4"), port % (6, "CONNMARK --or-mark 0xff"),
            port % (6, "CONNMARK --and-mark 0x0f"), port % (7, "CONNMARK --xor-mark 0xff"),
            port % (9, "CONNMARK --set-mark 0x5")]
    out += ["mangle -A POSTROUTING -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xfffff --right-shift-mark 4"]
    marks = (0, 5, 0xf0f5, 0xf5, 0xf0f500, 0xf0f50, 0xf0f, 0x30, 0xf, 0xff, 0x3, 0x300, 0xf0)
    return out + ["mangle -A %s -m mark --mark 0x%x" % (c, m) for c in ("PREROUTING", "FORWARD", "POSTROUTING") for m in marks]


def untracked():
    """Packets that a rule of raw keeps from connection tracking: one direction of a flow, or both."""
    out = []
    for port in (1, 2, 3):
        u, back = P.udp(FAR, NEAR, port, 53), P.udp(NEAR, FAR, 53, port)
        out += rx("eth0", u) + rx("eth1", back) + rx("eth0", u) + rx("eth1", back)
    return out + tx("eth1", P.udp(LAN, NEAR, 1, 53), P.udp(LAN, NEAR, 2, 53))


def zones():
    """The same ends in different zones, or one direction of them."""
    out = []
    for port in (1, 2, 3, 4):
        u, back = P.udp(FAR, NEAR, port, 53), P.udp(NEAR, FAR, 53, port)
        out += rx("eth0", u) + rx("wlan0", u) + rx("eth1", back) + rx("eth0", u) + rx("wlan0", u) + rx("eth1", back)
    return out


STATES = ["mangle -A %s -i %s -m conntrack --ctstate %s" % (c, i, s) for c in ("PREROUTING",) for i in ("eth0", "eth1", "wlan0")
          for s in ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")]


def hashed():
    """Marks that are hashes of a packet's ends."""
    out = []
    for n in range(24):
        out += rx("eth0", P.udp("198.51.100.%d" % (n + 1), NEAR, 1000 + n, 53), P.tcp("198.51.100.%d" % (n + 1), NEAR, 1000 + n, 80, "S"))
    out += rx("eth1", P.udp(NEAR, "198.51.100.1", 53, 1000), P.udp(NEAR, "198.51.100.2", 53, 1001))
    out += rx("eth0", P.icmp(FAR, NEAR), P.icmp(FAR, NEAR, 3, 3, data=P.udp(NEAR, FAR, 53, 1000)), P.ip4(FAR, NEAR, 50, b"\0\1\2\3" * 4),
              P.ip4(FAR, NEAR, 51, b"\4\4\0\0\0\1\2\3" * 4), P.ip4(FAR, NEAR, 47, b"gre?" * 4))
    return out


def hashed_fragments():
    """The same, and fragments, which have no ports."""
    return hashed() + rx("eth0", P.ip4(FAR, NEAR, 17, b"first000" * 4, frag=0x2000), P.ip4(FAR, NEAR, 17, b"later" * 4, frag=4))


def hashed6():
    out = []
    for n in range(16):
        out += rx("eth0", P.udp("2001:db8:9::%d" % (n + 1), NEAR6, 1000 + n, 53))
    out += rx("eth1", P.udp(NEAR6, "2001:db8:9::1", 53, 1000))
    return out + rx("eth0", P.icmp(FAR6, NEAR6, 128), P.icmp(FAR6, NEAR6, 1, 4, data=P.udp(NEAR6, FAR6, 53, 1000)))


def hashed_rules(*options):
    out = []
    for chain, option in zip(("PREROUTING", "FORWARD", "POSTROUTING"), options):
        out += ["mangle -A %s -j HMARK --hmark-rnd 0xcafe --hmark-mod 8 --hmark-offset 100 %s" % (chain, option)]
        out += ["mangle -A %s -m mark --mark %d" % (chain, 100 + n) for n in range(8)]
    return out


def prefixes():
    """SNPT and DNPT, with the packets that errors quote."""
    inside, outside = "2001:db8:2::5", "2001:db8:9::7"
    out = rx("eth1", P.udp(inside, outside, 1, 53), P.tcp(inside, outside, 1, 80, "S"), P.icmp(inside, outside, 128))
    out += rx("eth1", P.udp("2001:db8:2:0:ffff:1:2:3", outside, 2, 53))
    out += rx("eth1", P.icmp(inside, outside, 1, 4, data=P.udp(outside, inside, 53, 1)))
    mapped = "fd00:1:2:3:%x::5" % inverse("2001:db8:2::", "fd00:1:2:3::")
    out += rx("eth0", P.udp(outside, mapped, 53, 1), P.udp(outside, "fd01:db8:2:%x::5" % inverse("2001::", "fd01::"), 53, 1))
    return out + rx("eth0", P.icmp(outside, mapped, 1, 4, data=P.udp(mapped, outside, 1, 53)))


def inverse(inside, outside):
    """The word that translation from the prefix outside to the prefix inside makes zero."""
    total = sum(sign * n for text, sign in ((inside, 1), (outside, -1)) for n in struct.unpack("!8H", socket.inet_pton(socket.AF_INET6, text)))
    return total % 0xffff


SHORT = copy.deepcopy(S.HOST)
SHORT["interfaces"][1]["mtu"] = 1300
EITHER = ["raw -A %s -p udp -m udp --%s %d -j %s" % (c, d, p, t) for c, d, p, t in (
    ("PREROUTING", "sport", 1, "NOTRACK"), ("PREROUTING", "sport", 2, "CT --notrack"), ("PREROUTING", "dport", 2, "CT --notrack"),
    ("OUTPUT", "sport", 1, "NOTRACK"))]
ZONES = ["raw -A PREROUTING " + r for r in (
    "-i wlan0 -p udp -m udp --sport 1 -j CT --zone 7", "-i eth0 -p udp -m udp --sport 2 -j CT --zone-orig 7",
    "-i eth1 -p udp -m udp --dport 3 -j CT --zone 7", "-i eth0 -p udp -m udp --sport 3 -j CT --zone 7",
    "-p udp -m udp --sport 4 -j MARK --set-mark 9", "-p udp -m udp --dport 4 -j MARK --set-mark 9",
    "-p udp -m udp --dport 4 -j CT --zone mark", "-i eth0 -p udp -m udp --sport 4 -j CT --zone mark")]

# name: packets, rules, and what differs from the defaults
SCENARIOS = {
    "changes-headers": (headers, headers_rules(), {}),
    "changes-headers6": (headers6, headers_rules(True)[:-1], {"family": 6}),
    "changes-tcp": (tcp, tcp_rules(), {"host": SHORT}),
    "changes-tcp6": (lambda: tcp(FAR6, NEAR6), tcp_rules(False), {"family": 6, "host": SHORT}),
    "changes-prefixes": (prefixes, ["mangle -A POSTROUTING -o eth0 -j SNPT --src-pfx 2001:db8:2::/64 --dst-pfx fd00:1:2:3::/64",
                                    "mangle -A PREROUTING -d fd00::/16 -j DNPT --src-pfx fd00:1:2:3::/64 --dst-pfx 2001:db8:2::/64",
                                    "mangle -A PREROUTING -d fd01::/16 -j DNPT --src-pfx fd01::/16 --dst-pfx 2001::/16",
                                    "filter -A FORWARD -d 2001:db8:2::5"], {"family": 6}),
    "marks": (marks, marks_rules(), {}),
    "marks-hashed": (hashed_fragments, hashed_rules("--hmark-tuple src,dst,sport,dport,proto", "--hmark-src-prefix 24 --hmark-sport-mask 0xff00 --hmark-dport 53",
                                          "--hmark-tuple src,dst,spi"), {}),
    "marks-hashed-connections": (hashed, hashed_rules("--hmark-tuple ct,src,dst,sport,dport,proto", "--hmark-tuple ct,src", "--hmark-tuple ct,sport")
                                 + ["filter -A FORWARD -m conntrack --ctstate NEW"], {}),
    "marks-hashed6": (hashed6, hashed_rules("--hmark-tuple src,dst,sport,dport,proto", "--hmark-src-prefix 48", "--hmark-tuple dst,dport"), {"family": 6}),
    "untracked": (untracked, EITHER + STATES, {}),
    "zones": (zones, ZONES + STATES, {"sysctls": {"net/ipv4/conf/all/rp_filter": 0}}),
}
