#!/usr/bin/env python3
"""Records what the kernel makes of fragments, and what it answers to packets that it refuses.

    traversal-goldens.py record [NAME...]      writes Fixtures/Traversals/NAME.traversal (default: all)
    traversal-goldens.py check [NAME...]       asks the kernel again, and says which files it would write otherwise

Needs root and the kernel oracle, whose folder $GATEHOUSE_ORACLE names (default ../shared/oracle). The scenarios are
below; Fixtures/Traversals/README.md tells the format, and Tests/EngineTests/TraversalGoldenTests.swift reads it.
"""
import copy
import os
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "Fixtures", "Traversals")
sys.dont_write_bytecode = True
sys.path.insert(0, os.environ.get("GATEHOUSE_ORACLE", os.path.join(ROOT, "../shared/oracle")))
from koracle import fwhost, packets as P, scenario as S  # noqa: E402
import change_scenarios  # noqa: E402
import helper_scenarios  # noqa: E402
import nat_scenarios  # noqa: E402
import route_scenarios  # noqa: E402
import voice_scenarios  # noqa: E402

FAR, NEAR, WAN, LAN = S.OUT, S.SRV, S.WAN, S.LAN            # 198.51.100.7 10.0.0.5 192.0.2.1 10.0.0.1
FAR6, NEAR6, WAN6, LAN6 = S.OUT6, S.SRV6, S.WAN6, S.LAN6
DF, MF = 0x4000, 0x2000


def rules(filters, tracks=True, nat=True, mangles=()):
    """Counters in every chain, and what the scenario is about in the table filter."""
    states = ["-A %s -m conntrack --ctstate %s" % (c, s) for c in ("PREROUTING", "OUTPUT")
              for s in ("NEW", "ESTABLISHED", "RELATED", "INVALID")] if tracks else []
    out = ["*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", "COMMIT",
           "*mangle"] + [":%s ACCEPT [0:0]" % c for c in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")]
    out += states + list(mangles) + ["COMMIT"]
    if nat:
        out += ["*nat"] + [":%s ACCEPT [0:0]" % c for c in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")] + ["COMMIT"]
    out += ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"] + filters + ["COMMIT"]
    return "\n".join(out) + "\n"


def udp(size, src=FAR, dst=NEAR, ident=7, dport=53, flat=False, **kw):
    """A UDP packet to be cut up, with a payload of `size` bytes that differ (or don't: `flat`)."""
    more = {"id": ident} if ":" not in src else {}
    return P.udp(src, dst, 4000, dport, bytes(0 if flat else i * 7 % 251 for i in range(size)), **more, **kw)


def piece(l3, start, end, more=True, df=False, tos=None, ttl=None):
    """Bytes start..<end of an IPv4 packet's payload, as a fragment."""
    n = (l3[0] & 15) * 4
    field = start // 8 | (MF if more else 0) | (DF if df else 0)
    body = l3[n:][start:end]
    head = bytearray(l3[:n])
    head[2:4], head[6:8] = struct.pack("!H", n + len(body)), struct.pack("!H", field)
    head[1] = head[1] if tos is None else tos
    head[8] = head[8] if ttl is None else ttl
    return P.fix_ip_csum(bytes(head) + body)


def piece6(l3, start, end, more=True, ident=7, before=b"", tc=None):
    """The same for IPv6, with the extension headers `before` ahead of the fragment header."""
    head = bytearray(l3[:40])
    if tc is not None:
        head[0:2] = struct.pack("!H", 0x6000 | tc << 4)
    fragment = struct.pack("!BBHI", l3[6], 0, start | (1 if more else 0), ident)
    if before:
        head[6], before = before[0], b"\x2c" + before[1:] if len(before) == 8 else before
    else:
        head[6] = 44
    rest = (b"\x2c" + before[1:] if before else b"") + fragment + l3[40:][start:end]
    head[4:6] = struct.pack("!H", len(rest))
    return bytes(head) + rest


def rx(iface, *packets):
    return [S.rx(iface, p) for p in packets]


def tx(iface, *packets):
    return [S.tx(iface, p) for p in packets]


FRAGMENT_RULES = ["-A FORWARD -f", "-A FORWARD ! -f", "-A FORWARD -p udp -m udp --dport 53",
                  "-A FORWARD -i eth1", "-A FORWARD -p tcp -m tcp --dport 80", "-A INPUT -p udp -m udp --dport 53", "-A INPUT -f",
                  "-A OUTPUT -p udp -m udp --dport 53", "-A OUTPUT -f"]
FRAGMENT_RULES6 = [r.replace(" ! -f", " -p udp").replace(" -f", " -m frag --fragmore") for r in FRAGMENT_RULES]


def cut(size=1000, step=400, **kw):
    whole = udp(size, **kw)
    total = len(whole) - 20
    return [piece(whole, s, min(s + step, total), s + step < total) for s in range(0, total, step)]


def cut6(size=1000, step=400, ident=7, **kw):
    whole = udp(size, src=FAR6, dst=kw.pop("dst", NEAR6), **kw)
    total = len(whole) - 40
    return [piece6(whole, s, min(s + step, total), s + step < total, ident) for s in range(0, total, step)]


def same(*idents):
    return [cut(ident=i) for i in idents]


def fragments4():
    """Order, duplicates, overlaps, wrong ends, sizes, ECN, interfaces; each datagram has an identification of its own."""
    a, b, c, d, e, f, g, h, i, j, k, m = same(*range(1, 13))
    whole = udp(1000, ident=20)
    out = rx("eth0", *a) + rx("eth0", *reversed(b))
    out += rx("eth0", c[0], c[0], c[1], c[1], c[2], c[2])
    out += rx("eth0", d[0]) + rx("eth1", d[1]) + rx("eth0", d[2])
    out += rx("eth0", e[0], e[1]) + rx("wlan0", e[2])
    out += rx("eth0", f[0], piece(udp(1000, ident=6), 392, 800), f[1], f[2], f[0])            # an overlap
    out += rx("eth0", g[0], g[1], piece(udp(1000, ident=7), 8, 400), g[2])                    # inside a stretch
    out += rx("eth0", h[0], h[2], piece(udp(1000, ident=8), 0, 1008), h[1])                   # over two stretches
    out += rx("eth0", i[2], piece(udp(1200, ident=9), 1008, 1100), i[0], i[1])                # beyond the end
    out += rx("eth0", j[0], j[1], piece(udp(1000, ident=10), 400, 600, False), j[2])          # another end
    out += rx("eth0", piece(udp(1000, ident=11), 0, 405), k[1], k[2])                         # not a multiple of 8
    out += rx("eth0", m[0], piece(udp(1000, ident=12), 400, 400), m[1], m[2])                 # empty
    out += rx("eth0", piece(whole, 0, 400, ttl=9), piece(whole, 400, 800, ttl=1), piece(whole, 800, 1008, False, ttl=30))
    return out


def fragments4_more():
    big = udp(65400, ident=30, flat=True)
    out = rx("eth0", *[piece(big, s, min(s + 1456, 65408), True) for s in range(0, 65408, 1456)])
    out += rx("eth0", piece(P.ip4(FAR, NEAR, 17, b"\0" * 80000, id=30, totlen=0), 65408, 65528, False))   # over 65,535
    w = udp(900, ident=31)
    for n, (first, second) in enumerate([(0, 0), (2, 2), (2, 3), (1, 3), (0, 3), (3, 3), (0, 2), (2, 1)]):
        w = udp(900, ident=40 + n)
        out += rx("eth0", piece(w, 0, 456, tos=first | 0x20), piece(w, 456, 908, False, tos=second | 0x20))
    t = P.tcp(FAR, NEAR, 1000, 80, "S", data=b"", id=60)
    out += rx("eth0", piece(t, 0, 8), piece(t, 8, 20, False))
    t = P.tcp(FAR, NEAR, 1001, 80, "S", data=b"hello world, hello", id=61)
    out += rx("eth0", piece(t, 24, 38, False), piece(t, 16, 24), piece(t, 0, 16))
    p = P.icmp(FAR, NEAR, data=b"p" * 600, id=62)
    out += rx("eth0", piece(p, 0, 304), piece(p, 304, 608, False))
    bad = udp(900, ident=63, badsum=True)
    out += rx("eth0", piece(bad, 0, 456), piece(bad, 456, 908, False))
    options = P.fix_l4_csum(P.ip4(FAR, NEAR, 17, struct.pack("!HHHH", 1, 53, 208, 1) + b"o" * 200, id=64, opts=b"\1\1\1\1"))
    out += rx("eth0", piece(options, 104, 208, False), piece(options, 0, 104))
    return out


def fragments_far():
    """ipfrag_max_dist is 64: too many fragments of the same source in between start a packet over."""
    whole = udp(1000, ident=1)
    out = rx("eth0", piece(whole, 0, 400))
    for n in range(63):
        out += rx("eth0", piece(udp(1000, ident=100 + n, flat=True), 0, 400))
    out += rx("eth0", piece(whole, 400, 800))
    for n in range(64):
        out += rx("eth0", piece(udp(1000, ident=200 + n, flat=True), 0, 400))
    return out + rx("eth0", piece(whole, 800, 1008, False), piece(whole, 0, 400), piece(whole, 400, 800))


def fragments6():
    a, b, c, d = [cut6(ident=i) for i in (1, 2, 3, 4)]
    out = rx("eth0", *a) + rx("eth0", *reversed(b)) + rx("eth0", c[0], c[0], c[1], c[2])
    w = udp(1000, src=FAR6, dst=NEAR6)
    out += rx("eth0", d[0], piece6(w, 392, 800, ident=4), d[1], d[2], d[0])
    e, f, g, h = [cut6(ident=i) for i in (5, 6, 7, 8)]
    out += rx("eth0", e[2], piece6(udp(1200, src=FAR6, dst=NEAR6), 1008, 1104, ident=5), e[0], e[1])
    out += rx("eth0", f[0], f[1], piece6(w, 400, 600, False, ident=6), f[2])
    out += rx("eth0", g[0], piece6(w, 400, 797, ident=7), g[1], g[2])                         # not a multiple of 8
    out += rx("eth0", h[0], piece6(w, 400, 400, ident=8), h[1], h[2])                         # empty
    out += rx("eth0", piece6(w, 0, 1008, False, ident=9))                                     # an atomic fragment
    hop = b"\0\0\1\4\0\0\0\0"
    out += rx("eth0", piece6(w, 0, 600, ident=10, before=hop), piece6(w, 600, 1008, False, ident=10))
    t = P.tcp(FAR6, NEAR6, 1000, 80, "S", data=b"")
    out += rx("eth0", piece6(t, 0, 8, ident=11), piece6(t, 8, 20, False, ident=11))           # a header cut in two
    for n, (first, second) in enumerate([(2, 3), (0, 3), (3, 3)]):
        out += rx("eth0", piece6(w, 0, 504, ident=20 + n, tc=first), piece6(w, 504, 1008, False, ident=20 + n, tc=second))
    big = b"\0" * 70000
    base = P.ip6(FAR6, NEAR6, 17, b"")[:40]
    out += rx("eth0", piece6(base + big, 65528, 65600, False, ident=30))
    out += rx("eth0", P.ip6(FAR6, NEAR6, 44, b"\x11\0\0"))                                    # a header cut short
    return out


def no_state_local():
    """Without connection tracking, the host itself puts fragments together behind PREROUTING; IPv4 only."""
    a, b = cut(dst=WAN, ident=1), cut(dst=WAN, ident=2)
    w = udp(1000, dst=WAN, ident=3)
    out = rx("eth0", a[0], a[0], a[2], a[1]) + rx("eth0", b[0], piece(udp(1000, dst=WAN, ident=2), 392, 800), b[1], b[2])
    return out + rx("eth0", piece(w, 0, 400)) + rx("eth1", piece(w, 400, 800)) + rx("wlan0", piece(w, 800, 1008, False))


def no_state_local6():
    w = udp(1000, src=FAR6, dst=WAN6)
    return rx("eth0", piece6(w, 0, 504), piece6(w, 504, 1008, False))


def output():
    """The host's own fragments."""
    w = udp(1000, src=LAN, dst=NEAR, ident=5)
    return tx("eth1", piece(w, 504, 1008, False), piece(w, 0, 504))


def mtu():
    """A reassembled packet is taken apart again; only fragments with DF that are too long themselves don't fit."""
    out = []
    for ident, (df, step) in enumerate([(False, 1400), (True, 1000), (True, 1400), (False, 1000)]):
        w = udp(2500, ident=ident + 1, dst=NEAR, flat=True)
        out += rx("eth0", *[piece(w, s, min(s + step, 2508), s + step < 2508, df) for s in range(0, 2508, step)])
    w = udp(2500, ident=9, flat=True)
    return out + rx("eth0", piece(w, 0, 1000, df=True), piece(w, 1000, 2400), piece(w, 2400, 2508, False))


def mtu6():
    out = []
    for ident, step in ((1, 1200), (2, 1400)):
        w = udp(2500, src=FAR6, dst=NEAR6, flat=True)
        out += rx("eth0", *[piece6(w, s, min(s + step, 2508), s + step < 2508, ident) for s in range(0, 2508, step)])
    return out


def resets():
    """RST numbers, and packets that get none."""
    def t(flags, port, **kw):
        return P.tcp(FAR, NEAR, port, 80, flags, seq=100, **kw)
    out = rx("eth0", t("S", 1), t("S", 2, data=b"abc"), t("FP", 3, data=b"abc"), t("", 4), t("SA", 5, ack=777),
             t("A", 6, ack=0xFFFFFFFF), t("FA", 7, ack=5), t("R", 8), t("RA", 9, ack=1), t("S", 10, badsum=True),
             t("S", 11, tos=0x10), t("S", 12, opts=b"\2\4\5\xb4"), t("S", 13), t("S", 13))
    return out + rx("eth0", P.tcp(FAR, WAN, 1, 80, "S", seq=100), P.tcp(FAR, "192.0.2.255", 1, 80, "S"))


def resets6():
    def t(flags, port, dst=NEAR6, **kw):
        return P.tcp(FAR6, dst, port, 80, flags, seq=100, **kw)
    return rx("eth0", t("S", 1), t("SA", 2, ack=777), t("F", 3, data=b"abcd"), t("R", 4), t("S", 5, badsum=True),
              t("S", 6, dst=WAN6), t("S", 7, tc=0x20))


def established_reset():
    """A reset closes the connection of the packet that it answers."""
    def t(way, flags, seq, ack, data=b""):
        ends = (FAR, NEAR, 1000, 80) if way else (NEAR, FAR, 80, 1000)
        return S.rx("eth0" if way else "eth1", P.tcp(*ends, flags, seq=seq, ack=ack, data=data))
    return [t(1, "S", 100, 0), t(0, "SA", 500, 101), t(1, "A", 101, 501), t(1, "PA", 101, 501, b"x" * 10),
            t(1, "A", 111, 501), t(0, "A", 501, 111)]


def unreachables():
    """Lengths and contents of ICMP errors, and packets that get none."""
    out = []
    for n, size in enumerate((0, 8, 500, 519, 520, 521, 1400)):
        out += rx("eth0", udp(size, ident=n + 1, dport=1 + n))
    out += rx("eth0", udp(8, ident=20, tos=0x1c), udp(8, ident=21, ttl=7), P.icmp(FAR, NEAR), P.icmp(FAR, NEAR, 0),
              P.icmp(FAR, NEAR, 3, 3, data=P.udp(NEAR, FAR, 1, 2)), P.icmp(FAR, NEAR, 99), P.tcp(FAR, NEAR, 1, 2, "R"),
              P.tcp(FAR, NEAR, 1, 2, "S"), udp(8, ident=22, badsum=True), P.ip4(FAR, NEAR, 47, b"gre?" * 8))
    out += rx("eth0", udp(8, dst=WAN), udp(8, dst=LAN), udp(8, dst="192.0.2.255"), udp(8, dst="224.0.0.1"))
    out += rx("eth1", udp(8, src=NEAR, dst=WAN), udp(8, src=NEAR, dst=FAR))
    out += [S.rx("eth0", udp(8, dst=WAN), dst="ff:ff:ff:ff:ff:ff")]
    return out + rx("eth0", *cut(ident=30)) + rx("eth0", *cut(1500, 1000, dst=WAN, ident=31))


def unreachables6():
    out = []
    for n, size in enumerate((0, 8, 1183, 1184, 1185, 1400)):
        out += rx("eth0", udp(size, src=FAR6, dst=NEAR6, dport=1 + n))
    out += rx("eth0", udp(8, src=FAR6, dst=WAN6), udp(8, src=FAR6, dst=LAN6), P.icmp(FAR6, NEAR6, 128),
              P.icmp(FAR6, NEAR6, 1, 4, data=P.udp(NEAR6, FAR6, 1, 2)), P.tcp(FAR6, NEAR6, 1, 2, "R"),
              udp(8, src=FAR6, dst=NEAR6, badsum=True), P.ip6(FAR6, NEAR6, 59, b""), P.ip6(FAR6, NEAR6, 50, b"esp?" * 6),
              udp(8, src=FAR6, dst="ff02::1"), udp(8, src=FAR6, dst=NEAR6, tc=0x1c, ttl=3))
    out += rx("eth1", udp(8, src=NEAR6, dst=FAR6), udp(8, src=NEAR6, dst=WAN6))
    return out + rx("eth0", *cut6(ident=30))


def kinds(names, flags=""):
    return ["-A FORWARD -p udp -m udp --dport %d -j REJECT --reject-with %s" % (n + 1, k) for n, k in enumerate(names)]


KINDS4 = ["icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable",
          "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited"]
KINDS6 = ["icmp6-no-route", "icmp6-adm-prohibited", "icmp6-addr-unreachable", "icmp6-port-unreachable",
          "icmp6-policy-fail", "icmp6-reject-route"]


def routing():
    """What routing refuses: the hop limit, missing routes, packets too long for the way."""
    out = rx("eth1", udp(8, src=NEAR, dst=FAR, ttl=1), udp(8, src=NEAR, dst=FAR, ttl=0), udp(8, src=NEAR, dst=WAN, ttl=1))
    out += rx("eth0", udp(8, dst="203.0.113.1"), udp(8, dst="203.0.113.65"), udp(8, dst="203.0.113.129"))
    out += rx("eth0", udp(8, dst="10.9.0.1"))
    out += rx("eth0", P.ip4(FAR, NEAR, 17, udp(1400)[20:], frag=DF), P.ip4(FAR, NEAR, 17, udp(1400)[20:]))
    out += rx("eth0", P.icmp(FAR, NEAR, ttl=1), P.icmp(FAR, NEAR, 3, 1, data=P.udp(NEAR, FAR, 1, 2), ttl=1))
    out += rx("eth0", P.ip4(FAR, NEAR, 17, b"f" * 40, frag=MF, ttl=1), P.ip4(FAR, NEAR, 17, b"f" * 40, frag=9, ttl=1))
    out += [S.rx("eth0", udp(8, ttl=1), dst="ff:ff:ff:ff:ff:ff")]
    opts = {"opts": b"\x44\x04\x01\x00"}
    return out + rx("eth0", P.ip4(FAR, NEAR, 17, udp(8)[20:], **opts), P.ip4(FAR, WAN, 17, udp(8)[20:], **opts))


def routing6():
    out = rx("eth1", udp(8, src=NEAR6, dst=FAR6, ttl=1), udp(8, src=NEAR6, dst=WAN6, ttl=1))
    out += rx("eth0", udp(8, src=FAR6, dst="2001:db8:f1::1"), udp(8, src=FAR6, dst="2001:db8:f2::1"),
              udp(8, src=FAR6, dst="2001:db8:f3::1"))
    out += rx("eth0", udp(1400, src=FAR6, dst=NEAR6), P.icmp(FAR6, NEAR6, 128, ttl=1))
    out += rx("eth0", P.icmp(FAR6, NEAR6, 1, 0, data=P.udp(NEAR6, FAR6, 1, 2), ttl=1))
    return out + rx("eth0", udp(8, src="fe80::99", dst=NEAR6), udp(8, src=FAR6, dst="fe80::98"))


def reverse_paths():
    """Sources on their own side and on the other one, the host's own, and some that no packet should have."""
    sources = [FAR, NEAR, WAN, LAN, "10.0.0.255", "192.0.2.77", "203.0.113.1", "203.0.113.65", "203.0.113.129",
               "255.255.255.255", "224.1.1.1", "127.0.0.1", "0.0.0.0"]
    out = [frame for source in sources for side, far in (("eth0", NEAR), ("eth1", FAR))
           for frame in rx(side, udp(8, src=source, dst=far))]
    return out + rx("eth1", udp(8, src="0.0.0.0", dst="255.255.255.255"), udp(8, src="0.0.0.0", dst="224.0.0.5"),
                    udp(8, src="0.0.0.0", dst="224.0.1.5"))


def reverse_paths6():
    sources = [FAR6, NEAR6, WAN6, LAN6, "2001:db8:2::", "2001:db8:1::77", "fe80::99", "2001:db8:f1::1", "2001:db8:f2::1",
               "2001:db8:f3::1", "::"]
    return [frame for source in sources for side, far in (("eth0", NEAR6), ("eth1", FAR6))
            for frame in rx(side, udp(8, src=source, dst=far), udp(8, src=source, dst="ff02::1"))]


def own():
    """The host's own packets, refused in OUTPUT: the answer comes back over lo."""
    return tx("eth1", P.tcp(LAN, NEAR, 1000, 80, "S", seq=100), udp(8, src=LAN, dst=NEAR))


def own6():
    return tx("eth1", P.tcp(LAN6, NEAR6, 1000, 80, "S", seq=100), udp(8, src=LAN6, dst=NEAR6))


def refused_answers():
    """Answers that OUTPUT drops, or refuses in turn."""
    return rx("eth0", P.tcp(FAR, NEAR, 1, 80, "S"), P.tcp(FAR, NEAR, 2, 81, "S"), udp(8), P.tcp(FAR, NEAR, 3, 82, "S"))


ROUTES = S.HOST["routes"]
SHORT = copy.deepcopy(S.HOST)
SHORT["interfaces"][1]["mtu"] = 1300
HOLES = copy.deepcopy(SHORT)
HOLES["routes"] = ["198.51.100.0/24 via 192.0.2.254 dev eth0", "10.9.0.0/16 via 10.0.0.9 dev eth1",
                   "unreachable 203.0.113.0/26", "prohibit 203.0.113.64/26", "blackhole 203.0.113.128/26",
                   "-6 2001:db8:9::/48 via 2001:db8:1::fe dev eth0", "-6 unreachable 2001:db8:f1::/48",
                   "-6 prohibit 2001:db8:f2::/48"]
TRACK = "-A FORWARD -m conntrack --ctstate UNTRACKED"

REVERSE_PATHS = ["-A PREROUTING -m rpfilter" + words for words in (
    "", " --invert", " --loose", " --loose --invert", " --accept-local", " --loose --accept-local", " --validmark --invert")]

# name: packets, filter rules, and where they differ from the defaults: family, tracks, mangle rules, host, sysctls, gaps
SCENARIOS = {
    "fragments": (fragments4, FRAGMENT_RULES, {}),
    "fragments-sizes": (fragments4_more, FRAGMENT_RULES, {}),
    "fragments-distance": (fragments_far, FRAGMENT_RULES, {}),
    "fragments-time": (lambda: rx("eth0", *cut(ident=1)[:2]) + rx("eth0", cut(ident=1)[2], *cut(ident=1)[:2]),
                       FRAGMENT_RULES, {"sysctls": {"net/ipv4/ipfrag_time": 1}, "gaps": [0, 0.7, 0.7, 0.2, 0.5]}),
    "fragments-stateless": (fragments4, FRAGMENT_RULES, {"tracks": False}),
    "fragments-to-the-host": (no_state_local, FRAGMENT_RULES, {}),
    "fragments-to-the-host-stateless": (no_state_local, FRAGMENT_RULES, {"tracks": False}),
    "fragments-of-the-host": (output, FRAGMENT_RULES, {}),
    "fragments-of-the-host-stateless": (output, FRAGMENT_RULES, {"tracks": False}),
    "fragments-mtu": (mtu, FRAGMENT_RULES, {"host": SHORT}),
    "fragments6": (fragments6, FRAGMENT_RULES6, {"family": 6}),
    "fragments6-time": (lambda: rx("eth0", *cut6()[:2]) + rx("eth0", cut6()[2], *cut6()[:2]), FRAGMENT_RULES6,
                        # without the ICMPv6 error about the time, which isn't simulated
                        {"family": 6, "sysctls": {"net/netfilter/nf_conntrack_frag6_timeout": 1}, "gaps": [0, 0.7, 0.7, 0.2, 0.5], "replies": "drop"}),
    "fragments6-stateless": (fragments6, FRAGMENT_RULES6, {"family": 6, "tracks": False}),
    "fragments6-to-the-host": (no_state_local6, FRAGMENT_RULES6, {"family": 6}),
    "fragments6-to-the-host-stateless": (no_state_local6, FRAGMENT_RULES6, {"family": 6, "tracks": False}),
    "fragments6-mtu": (mtu6, FRAGMENT_RULES6, {"family": 6, "host": SHORT}),
    "resets": (resets, ["-A %s -p tcp -j REJECT --reject-with tcp-reset" % c for c in ("INPUT", "FORWARD")], {}),
    "resets-stateless": (resets, ["-A %s -p tcp -j REJECT --reject-with tcp-reset" % c for c in ("INPUT", "FORWARD")], {"tracks": False}),
    "resets6": (resets6, ["-A %s -p tcp -j REJECT --reject-with tcp-reset" % c for c in ("INPUT", "FORWARD")], {"family": 6}),
    "resets-established": (established_reset, ["-A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset"], {}),
    "unreachables": (unreachables, kinds(KINDS4) + ["-A FORWARD -j REJECT --reject-with icmp-port-unreachable", "-A INPUT -j REJECT --reject-with icmp-host-prohibited"], {}),
    "unreachables-stateless": (unreachables, ["-A FORWARD -j REJECT --reject-with icmp-port-unreachable", "-A INPUT -j REJECT --reject-with icmp-port-unreachable"],
                               {"tracks": False}),
    "unreachables6": (unreachables6, kinds(KINDS6) + ["-A FORWARD -j REJECT --reject-with icmp6-port-unreachable", "-A INPUT -j REJECT --reject-with icmp6-adm-prohibited"], {"family": 6}),
    "unreachables6-stateless": (unreachables6, ["-A FORWARD -j REJECT --reject-with icmp6-port-unreachable", "-A INPUT -j REJECT --reject-with icmp6-port-unreachable"],
                                {"family": 6, "tracks": False}),
    "routing": (routing, [TRACK], {"host": HOLES}),
    "routing-stateless": (routing, ["-A FORWARD -p udp"], {"host": HOLES, "tracks": False}),
    "routing6": (routing6, [TRACK], {"family": 6, "host": HOLES}),
    "routing-errors-limited": (lambda: rx("eth0", *[udp(8, dst="203.0.113.1", ident=n) for n in range(8)]), [TRACK],
                               {"host": HOLES, "gaps": [0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 1.2]}),
    "unreachables-limited": (lambda: rx("eth0", *[udp(8, ident=n) for n in range(10)]), ["-A FORWARD -j REJECT --reject-with icmp-port-unreachable"],
                             {"sysctls": {"net/ipv4/icmp_ratelimit": 500, "net/ipv4/icmp_ratemask": 6168}, "gaps": [0] + [0.05] * 8 + [0.4]}),
    "unreachables6-limited": (lambda: rx("eth0", *[udp(8, src=FAR6, dst=NEAR6) for n in range(10)]), ["-A FORWARD -j REJECT --reject-with icmp6-port-unreachable"],
                              {"family": 6, "sysctls": {"net/ipv6/icmp/ratelimit": 500}, "gaps": [0] + [0.05] * 8 + [0.4]}),
    "reverse-paths": (reverse_paths, [], {"tracks": False, "host": HOLES, "mangles": REVERSE_PATHS}),
    "reverse-paths6": (reverse_paths6, [], {"family": 6, "tracks": False, "host": HOLES, "mangles": REVERSE_PATHS}),
    "own-packets": (own, ["-A OUTPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset", "-A OUTPUT -p udp -j REJECT --reject-with icmp-port-unreachable"], {}),
    "own-packets6": (own6, ["-A OUTPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset", "-A OUTPUT -p udp -j REJECT --reject-with icmp6-port-unreachable"], {"family": 6}),
    "refused-answers": (refused_answers, ["-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", "-A FORWARD -j REJECT --reject-with icmp-port-unreachable",
                                          "-A OUTPUT -p tcp -m tcp --sport 80 -j DROP", "-A OUTPUT -p tcp -m tcp --sport 81 -j REJECT --reject-with tcp-reset",
                                          "-A OUTPUT -p tcp -m tcp --sport 82 -j REJECT --reject-with icmp-port-unreachable",
                                          "-A OUTPUT -p icmp -j REJECT --reject-with icmp-port-unreachable"], {}),
}


ALL = {**SCENARIOS, **nat_scenarios.SCENARIOS, **change_scenarios.SCENARIOS, **route_scenarios.SCENARIOS,
       **voice_scenarios.SCENARIOS, **helper_scenarios.SCENARIOS}


def text_of(data):
    """Hexadecimal; a byte that stands more than eight times in a row is written once, as `00*400`."""
    out, at = "", 0
    while at < len(data):
        end = at
        while end < len(data) and data[end] == data[at]:
            end += 1
        run = end - at
        out += " %02x*%d " % (data[at], run) if run > 8 else data[at:end].hex()
        at = end
    return out.replace("  ", " ").strip()


def describe_host(host):
    out = []
    for link in host["interfaces"]:
        mac = bytearray(P.mac(link["mac"]))
        local = "fe80::%02x%02x:%02xff:fe%02x:%02x%02x/64" % (mac[0] ^ 2, *mac[1:])
        out.append("interface %s %s %s" % (link["name"], link.get("mtu", 1500), " ".join(link["addresses"] + [local])))
        out += ["joined %s %s" % (link["name"], group) for group in link.get("multicast", ())]
    out += ["route %s" % r for r in host["routes"]]
    return out + ["rule %s" % r for r in host.get("rules", ())] + ["rule -6 %s" % r for r in host.get("rules6", ())]


def with_rules6(host):
    """The oracle has no word for rules of IPv6, but hands routes of IPv6 to `ip -6 -batch` as they are."""
    if not host.get("rules6"):
        return host
    made = copy.deepcopy(host)
    more = "".join("\nrule add %s" % r for r in made["rules6"])
    made["routes"].append("-6 2001:db8:ffff::/64 dev eth0 table 9" + more)
    return made


def wire(r):
    """What leaves, and what the host's sockets would get."""
    out = ["left %s %s" % (e["if"], text_of(bytes.fromhex(e["hex"])[14:])) for e in r.get("emit", [])]
    return out + (["given %s" % text_of(bytes.fromhex(r["hex"]))] if r.get("hex") else [])


def without_redirects(r):
    """The oracle takes a redirect for what became of the packet: it goes out beside it."""
    kinds = [reply["kind"] for reply in r.get("reply", [])]
    if "icmp-redirect" not in kinds:
        return
    if r["verdict"] == "reject" and kinds == ["icmp-redirect"]:
        r["verdict"] = "drop"
    r["reply_fate"] = "-"
    r["emit"] = [e for e in r.get("emit", []) if not (e["hex"][46:48] == "01" and e["hex"][68:70] == "05")]


def connection(line):
    """A line of `conntrack -L`, without what the clock and the kernel's inner life say."""
    return " ".join(w for n, w in enumerate(line.split()) if n != 4 and not w.startswith(("use=", "mark=")))


def expectation(line):
    """A line of `conntrack -L expect` without the seconds that are left."""
    return " ".join(line.split()[1:])


EXPECTED = []


def tables(host):
    """The connections; the expectations are kept in EXPECTED."""
    lines = [l for f in ("ipv4", "ipv6")
             for l in host.run("f", ["conntrack", "-L", "expect", "-f", f], check=False).stdout.split("\n")]
    EXPECTED[:] = sorted(expectation(l) for l in lines)
    return connections_of(host)


connections_of = fwhost.FwHost.conntrack
fwhost.FwHost.conntrack = tables


def record(name):
    translates, changes = name in nat_scenarios.SCENARIOS, name in change_scenarios.SCENARIOS
    calls = name in voice_scenarios.SCENARIOS or name in helper_scenarios.SCENARIOS
    routes = name in route_scenarios.SCENARIOS
    make, filters, *nat, more = ALL[name]
    family, host = more.get("family", 4), more.get("host", S.HOST)
    text = nat_scenarios.rules(filters, more.get("filters", ())) if translates \
        else change_scenarios.rules(filters) if changes \
        else voice_scenarios.rules(filters, *nat) if calls \
        else filters if routes \
        else rules(filters, more.get("tracks", True), more.get("tracks", True), more.get("mangles", ()))
    packets = make()
    gaps = more.get("gaps")
    results, counters, connections = S.run(
        packets, rules=text if family == 4 else None, rules6=text if family == 6 else None, host=with_rules6(host),
        sysctls=more.get("sysctls"), gaps=gaps, replies=more.get("replies", "keep"))
    out = ["# Recorded by Scripts/traversal-goldens.py"]
    out += ["# " + make.__doc__.strip().split("\n")[0]] if make.__doc__ else []
    out += ["family %d" % family] + describe_host(host)
    out += ["sysctl %s %s" % (k.replace("/", "."), v) for k, v in (more.get("sysctls") or {}).items()]
    out += ["rules"] + text.rstrip().split("\n") + ["end"]
    for n, ((iface, frame, _, mode), r) in enumerate(zip(packets, results)):
        if gaps and gaps[n]:
            out.append("wait %s" % gaps[n])
        out.append("%s %s %s %s" % ("out" if mode == "local" else "in", iface, frame[:6].hex(), text_of(frame[14:])))
        without_redirects(r)
        if r["verdict"] == "stolen" and r.get("reply"):         # nothing is held that is answered
            r["verdict"] = "drop"
        if more.get("replies") == "drop" and r.pop("reply", None):
            r["verdict"], r["where"] = "stolen", "defrag"
        words = [r["verdict"], (r.get("path") or "-").split("+")[0], r.get("state") or "-", r.get("where") or "-"]
        out.append("= " + " ".join(words))
        out += wire(r) if translates or changes or calls or routes else []
        for reply in r.get("reply", []):
            out.append("reply %s %s %s" % (reply["kind"], r.get("reply_fate", "-"), text_of(bytes.fromhex(reply["hex"]))))
    if more.get("counts", True):        # not where the oracle keeps a redirect from its way
        out += ["counters"] + [l for l in counters.split("\n") if l] + ["end"]
    if calls:
        out += ["expectations"] + [l for l in EXPECTED if l] + ["end"]
    if translates or calls:
        out += ["connections"] + [connection(l) for l in connections.split("\n") if l] + ["end"]
    return "\n".join(out) + "\n"


def main():
    if sys.argv[1:2] not in (["record"], ["check"]):
        sys.exit(__doc__)
    bad = 0
    for name in sys.argv[2:] or ALL:
        path, text = os.path.join(OUT, name + ".traversal"), record(name)
        if sys.argv[1] == "record":
            with open(path, "w") as f:
                f.write(text)
        else:
            with open(path) as f:
                if f.read() != text:
                    print("%s: the kernel says otherwise" % name)
                    bad = 1
    sys.exit(bad)


main()
