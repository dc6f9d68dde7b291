"""The scenarios of traversal-goldens.py that are about the ways between the hooks."""
import copy

from koracle import packets as P, scenario as S

FAR, NEAR, NEAR2, WAN, LAN, WIFI = S.OUT, S.SRV, S.SRV2, S.WAN, S.LAN, S.WIFI
FAR6, NEAR6, WAN6, LAN6 = S.OUT6, S.SRV6, S.WAN6, S.LAN6
HOOKS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
LINKS = ("eth0", "eth1", "wlan0", "lo")


def rules(mangle=(), nat=(), filters=(), raw=(), tracks=True):
    """Counters in every chain, and by interface."""
    out = ["*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"] + list(raw) + ["COMMIT"]
    out += ["*mangle"] + [":%s ACCEPT [0:0]" % c for c in HOOKS] + list(mangle)
    out += ["-A POSTROUTING -o %s" % i for i in LINKS] + ["-A INPUT -i %s" % i for i in LINKS]
    out += ["COMMIT"]
    if tracks:
        out += ["*nat"] + [":%s ACCEPT [0:0]" % c for c in HOOKS if c != "FORWARD"] + list(nat) + ["COMMIT"]
    out += ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"] + list(filters)
    out += ["-A FORWARD -o %s" % i for i in LINKS] + ["-A OUTPUT -o %s" % i for i in LINKS]
    out += ["-A INPUT -m conntrack --ctstate NEW"] if tracks else []
    return "\n".join(out + ["COMMIT"]) + "\n"


def rx(iface, *packets):
    return [S.rx(iface, p) for p in packets]


def tx(iface, *packets):
    return [S.tx(iface, p) for p in packets]


def udp(dst, dport=9, src=NEAR, sport=4000, **kw):
    return P.udp(src, dst, sport, dport, b"payload", **kw)


def host(routes=(), rules=(), rules6=()):
    made = copy.deepcopy(S.HOST)
    made["routes"] += list(routes)
    made["rules"] = list(rules)
    made["rules6"] = list(rules6)
    return made


POLICY = host(
    ["table 100 default via 10.0.0.254 dev eth1", "table 101 local default dev lo",
     "table 102 throw 198.51.100.128/25", "table 102 unreachable 198.51.100.64/28", "table 102 prohibit 198.51.100.80/28",
     "table 102 blackhole 198.51.100.96/28", "table 102 198.51.100.0/24 via 172.16.0.2 dev wlan0 mtu 1000",
     "203.0.113.0/24 tos 0x10 via 10.0.0.254 dev eth1", "203.0.113.0/24 via 172.16.0.2 dev wlan0",
     "203.0.113.0/24 via 192.0.2.254 dev eth0 metric 5"],
    ["pref 100 fwmark 1 table 100", "pref 110 fwmark 2/0xf table 101", "pref 120 from 10.0.0.64/26 table 102",
     "pref 130 iif wlan0 to 198.51.100.0/25 goto 200", "pref 140 ipproto udp dport 7000-7010 table 100",
     "pref 145 ipproto udp sport 7000 table 100",
     "pref 150 tos 0x08 table 100", "pref 160 unreachable to 198.51.100.32", "pref 161 prohibit to 198.51.100.33",
     "pref 162 blackhole to 198.51.100.34", "pref 170 not to 128.0.0.0/1 table 100",
     "pref 180 iif lo to 198.51.100.50 table 100", "pref 190 fwmark 0x20/0x20 goto 999", "pref 200 table main suppress_prefixlength 0",
     "pref 210 iif wlan0 table 100"])
MARKS = ["-A %s -p udp -m udp --dport %d -j MARK --set-xmark 0x%x/0xffffffff" % (c, p, m)
         for c in ("PREROUTING", "OUTPUT") for p, m in ((8001, 1), (8002, 0x12), (8032, 0x20))]


def policy():
    """Rules that choose the table of routes, and routes of every type in them."""
    out = rx("eth1", udp(FAR), udp(FAR, 8001), udp(FAR, 8002), udp(FAR, 8032), udp(FAR, 7000), udp(FAR, 7011), udp(FAR, 7010, sport=7000),
             udp(FAR, sport=7000))
    out += rx("eth1", P.tcp(NEAR, FAR, 4000, 7000, "S"), udp(FAR, 8002, ttl=1), udp(FAR, 8001, ttl=1))
    out += rx("eth1", *[udp("198.51.100.%d" % n, src="10.0.0.70") for n in (7, 64, 80, 96, 130)])
    out += rx("eth1", *[udp("198.51.100.%d" % n) for n in (32, 33, 34, 40, 50)], udp("100.64.0.1"))
    out += rx("eth0", udp("198.51.100.40", src=FAR), udp(WAN, src=FAR), udp("198.51.100.40", src="10.9.9.9"))
    out += rx("wlan0", udp(FAR, src="172.16.0.9"), udp("198.51.100.200", src="172.16.0.9"), udp("203.0.113.9", src="172.16.0.9", sport=4001),
              udp(NEAR, src="172.16.0.9"))
    out += rx("eth1", *[udp("203.0.113.9", tos=t, sport=4100 + t) for t in (0, 0x10, 0x14, 0x50, 0xb0, 0xb8)])
    out += rx("eth1", *[udp(FAR, tos=t) for t in (0x08, 0x0a, 0x48, 0x88, 0x0c)])
    big = P.ip4("10.0.0.70", FAR, 17, P.udp(NEAR, FAR, 1, 2, b"x" * 1000)[20:], frag=0x4000)
    return out + rx("eth1", big)


def own_ways():
    """The host's own packets, which mangle and nat send elsewhere than they were on their way to."""
    out = tx("eth0", udp(FAR, src=WAN), udp(FAR, 8001, src=WAN), udp(FAR, 8001, src=WAN), udp(FAR, 8003, src=WAN), udp(FAR, 8004, src=WAN))
    out += tx("eth0", udp(FAR, 8002, src=WAN), udp(FAR, 8005, src=WAN), udp(FAR, 8006, src=WAN), udp(FAR, 8007, src=WAN))
    out += tx("eth0", udp(FAR, 8008, src=WAN), udp(FAR, 8009, src=WAN), udp(FAR, 8010, src=WAN))
    out += tx("eth0", P.tcp(WAN, FAR, 1000, 8011, "S", seq=5), P.tcp(WAN, FAR, 1000, 8012, "S", seq=5))
    return out


OWN_MANGLE = MARKS + ["-A OUTPUT -p udp -m udp --dport 8003 -j TOS --set-tos 0x08/0xff", "-A OUTPUT -p udp -m udp --dport 8004 -j TTL --ttl-set 5",
                      "-A OUTPUT -p udp -m udp --dport 8008 -j MARK --set-xmark 0x40/0xffffffff",
                      "-A OUTPUT -p udp -m udp --dport 8010 -j MARK --set-xmark 0x1/0xffffffff",
                      "-A OUTPUT -p tcp -m tcp --dport 8011 -j MARK --set-xmark 0x1/0xffffffff"]
OWN_NAT = ["-A OUTPUT -p udp -m udp --dport 8005 -j DNAT --to-destination 10.0.0.5", "-A OUTPUT -p udp -m udp --dport 8006 -j REDIRECT --to-ports 53",
           "-A OUTPUT -p udp -m udp --dport 8007 -j DNAT --to-destination 198.51.100.32", "-A OUTPUT -p udp -m udp --dport 8009 -j DNAT --to-destination 10.0.0.1",
           "-A OUTPUT -p udp -m udp --dport 8010 -j DNAT --to-destination 172.16.0.5",
           "-A POSTROUTING -p udp -m udp --dport 8001 -j MASQUERADE", "-A POSTROUTING -p tcp -j MASQUERADE"]
OWN_FILTER = ["-A OUTPUT -p tcp -m tcp --dport 8012 -j REJECT --reject-with tcp-reset"]
OWN_POLICY = copy.deepcopy(POLICY)
OWN_POLICY["rules"].append("pref 105 prohibit fwmark 0x40")


def own_ways6():
    return tx("eth0", *[udp(FAR6, p, src=WAN6) for p in (9, 8001, 8003, 8004, 8005, 8006, 8013, 8014)],
              P.tcp(WAN6, FAR6, 1000, 8015, "S", seq=5))


POLICY6 = host(["-6 table 100 default via 2001:db8:2::fe dev eth1", "-6 2001:db8:9:1::/64 via 2001:db8:2::fe dev eth1 mtu 1300", "-6 table 102 throw 2001:db8:9::/64",
                "-6 table 102 prohibit 2001:db8:9:2::/64", "-6 table 102 default via 2001:db8:2::fd dev eth1"], (),
               ["pref 100 fwmark 1 table 100", "pref 110 from 2001:db8:2::77 table 102", "pref 120 unreachable to 2001:db8:9::32",
                "pref 121 prohibit to 2001:db8:9::33", "pref 122 blackhole to 2001:db8:9::34", "pref 130 tos 0x48 table 100",
                "pref 140 ipproto tcp dport 7000 table 100", "pref 200 table main suppress_prefixlength 0", "pref 210 iif eth1 table 102"])
MANGLE6 = ["-A %s -p udp -m udp --dport 8001 -j MARK --set-xmark 0x1/0xffffffff" % c for c in ("PREROUTING", "OUTPUT")] + [
    "-A OUTPUT -p udp -m udp --dport 8003 -j TOS --set-tos 0x48/0xff", "-A OUTPUT -p udp -m udp --dport 8004 -j HL --hl-set 5"]
NAT6 = ["-A OUTPUT -p udp -m udp --dport 8005 -j DNAT --to-destination 2001:db8:2::5", "-A OUTPUT -p udp -m udp --dport 8006 -j REDIRECT --to-ports 53",
        "-A OUTPUT -p udp -m udp --dport 8014 -j REDIRECT --to-ports 54", "-A OUTPUT -p tcp -m tcp --dport 8015 -j REDIRECT --to-ports 55",
        "-A OUTPUT -p udp -m udp --dport 8013 -j DNAT --to-destination 2001:db8:9::32"]


def policy6():
    out = rx("eth1", *[udp(FAR6, p, src=NEAR6) for p in (9, 8001)])
    out += rx("eth1", *[udp("2001:db8:9::%d" % n, src=NEAR6) for n in (32, 33, 34)])
    out += rx("eth1", *[udp(d, src="2001:db8:2::77") for d in (FAR6, "2001:db8:9:2::1", "2001:db8:5::1", WAN6)])
    out += rx("eth1", *[udp(FAR6, src=NEAR6, tc=t) for t in (0x48, 0x08, 0x4a)], P.tcp(NEAR6, FAR6, 1000, 7000, "S"), P.tcp(NEAR6, FAR6, 1000, 7001, "S"))
    out += rx("eth0", udp("2001:db8:9:1::1", src=FAR6))
    return out


def sources():
    """The reverse path filter with rules and marks."""
    names = [FAR, NEAR, "10.0.0.70", "172.16.0.9", "203.0.113.9", WAN, "203.0.113.200", "192.0.2.255", "10.77.0.1", "10.78.0.1"]
    out = []
    for source in names:
        for side in ("eth0", "eth1", "wlan0"):
            out += rx(side, udp("10.0.0.9" if side != "eth1" else FAR, src=source), udp(WAN, src=source))
    return out + rx("eth1", udp(WAN, 8001, src=FAR), udp(NEAR2, 8001, src=FAR), udp(FAR, 8001, src=NEAR)) + rx("eth0", udp(WAN, 8001, src=FAR))


SOURCES = copy.deepcopy(POLICY)
SOURCES["routes"] += ["blackhole 203.0.113.200/32", "unreachable 10.77.0.0/16", "10.78.0.0/16 nexthop via 10.0.0.9 dev eth1 nexthop via 172.16.0.2 dev wlan0"]
PLAIN = host(SOURCES["routes"][11:])


def broadcasts():
    """The host's own broadcasts and multicasts come back."""
    out = tx("eth0", udp("192.0.2.255", src=WAN), udp("255.255.255.255", src=WAN), udp("224.0.0.1", src=WAN), udp("224.0.0.251", src=WAN),
             udp("224.0.0.9", src=WAN), udp("192.0.2.255", 10, src=WAN), udp("192.0.2.255", 11, src=WAN), udp("192.0.2.255", 12, src=WAN),
             udp("224.0.0.1", 13, src=WAN, ttl=0), udp("224.0.0.1", 14, src=WAN))
    out += tx("eth1", udp("10.0.0.255", src=LAN), udp("255.255.255.255", 15, src=LAN))
    return out


def broadcasts6():
    return tx("eth0", *[udp(d, src=WAN6) for d in ("ff02::1", "ff02::2", "ff02::fb", "ff02::9")], udp("ff02::1", 10, src=WAN6),
              udp("ff02::1", 11, src=WAN6), udp("ff02::1", 12, src=WAN6))


LOOPS = ["-A POSTROUTING -p udp -m udp --dport 10 -j DROP", "-A INPUT -p udp -m udp --dport 11 -j DROP", "-A POSTROUTING -p udp -m udp --dport 14 -j TTL --ttl-dec 1",
         "-A INPUT -m pkttype --pkt-type broadcast", "-A INPUT -m pkttype --pkt-type multicast"]
LOOPS6 = [rule for rule in LOOPS if "TTL" not in rule]
LOOP_NAT = ["-A POSTROUTING -p udp -m udp --dport 12 -j SNAT --to-source 192.0.2.1:77"]
JOINED = copy.deepcopy(S.HOST)
JOINED["interfaces"][0]["multicast"] = ["224.0.0.251", "ff02::fb"]

def redirects():
    """Packets that leave where they came in, from neighbours and from others."""
    out = rx("eth1", udp("10.9.0.1"), udp(NEAR2, src="10.0.0.7"), udp("10.9.0.1", src="10.0.0.8", ttl=2), udp("10.9.0.1", src="10.9.0.5"), udp(FAR))
    out += rx("eth0", udp(FAR, src="192.0.2.77"), udp(FAR, src="198.51.100.9"), udp("192.0.2.88", src="192.0.2.78"))
    out += rx("eth1", udp("10.9.0.1", 81, src="10.0.0.20"), udp("10.9.0.1", 82, src="10.0.0.21"), P.icmp("10.0.0.22", "10.9.0.1", 3, 1, data=udp(NEAR)),
              udp("10.9.0.1", src="10.0.0.23", ttl=1), P.ip4("10.0.0.24", "10.9.0.1", 17, b"x" * 16, frag=5))
    return out + rx("eth1", *[udp("10.9.0.1", src="10.0.0.30", sport=5000 + n) for n in range(3)])


REDIRECTING = host(["10.9.0.0/16 via 10.0.0.9 dev eth1"])
REDIRECTS = {"net/ipv4/conf/all/send_redirects": 1}
REFUSED = ["-A FORWARD -p udp -m udp --dport 81 -j DROP", "-A FORWARD -p udp -m udp --dport 82 -j REJECT --reject-with icmp-port-unreachable"]


def unreadable():
    """A negated test that can't read the header holds first, and drops the packet behind its rule."""
    short = [P.ip4(NEAR, FAR, 33, b"\x03\xe8\x00" + b"\x50" + b"\0" * 12), P.ip4(NEAR, FAR, 33, b"\x03\xe8\x00\x50\x09" + b"\0" * 11 + b"\x2c\0\0\0" * 5)]
    chunks = [P.ip4(NEAR, FAR, 132, b"\x03\xe8\x00\x50" + b"\0" * 8), P.ip4(NEAR, FAR, 132, b"\x03\xe8\x00\x50" + b"\0" * 8 + b"\x00\x03\0\x01"),
              P.ip4(NEAR, FAR, 132, b"\x03\xe8\x00\x50" + b"\0" * 8 + b"\x00\x03\0\x14" + b"\0" * 16)]
    return rx("eth1", *short, *chunks)


UNREADABLE = ["-A FORWARD -p dccp -m dccp ! --dccp-option 44", "-A FORWARD -p dccp -m dccp --dccp-option 44", "-A FORWARD -p dccp",
              "-A FORWARD -p sctp -m sctp ! --chunk-types any INIT -m mark --mark 0x1", "-A FORWARD -p sctp -m sctp ! --chunk-types all INIT", "-A FORWARD -p sctp"]

# name: packets, rules, and where they differ from the defaults: family, host, sysctls
SCENARIOS = {
    "policy": (policy, rules(MARKS, ["-A POSTROUTING -o wlan0 -j MASQUERADE"]), {"host": POLICY}),
    "policy6": (policy6, rules(MANGLE6), {"family": 6, "host": POLICY6}),
    "own-ways": (own_ways, rules(OWN_MANGLE, OWN_NAT, OWN_FILTER), {"host": OWN_POLICY}),
    "own-ways6": (own_ways6, rules(MANGLE6, NAT6, ["-A INPUT -p udp -m udp --dport 54 -j REJECT --reject-with icmp6-port-unreachable",
                                                   "-A INPUT -p tcp -m tcp --dport 55 -j REJECT --reject-with tcp-reset"]), {"family": 6, "host": POLICY6}),
    "sources-policy": (sources, rules(MARKS, tracks=False), {"host": SOURCES}),
    "sources-strict": (sources, rules(MARKS, tracks=False), {"host": SOURCES, "sysctls": {"net/ipv4/conf/all/rp_filter": 1}}),
    "sources-strict-mark": (sources, rules(MARKS, tracks=False),
                            {"host": SOURCES, "sysctls": {"net/ipv4/conf/all/rp_filter": 1, "net/ipv4/conf/all/src_valid_mark": 1}}),
    "sources-loose": (sources, rules(MARKS, tracks=False), {"host": SOURCES, "sysctls": {"net/ipv4/conf/all/rp_filter": 2}}),
    "sources-plain": (sources, rules(tracks=False), {"host": PLAIN}),
    "sources-plain-strict": (sources, rules(tracks=False), {"host": PLAIN, "sysctls": {"net/ipv4/conf/all/rp_filter": 1}}),
    "redirects": (redirects, rules(filters=REFUSED), {"host": REDIRECTING, "sysctls": REDIRECTS, "counts": False}),
    "unreadable": (unreadable, rules(filters=UNREADABLE, tracks=False), {}),
    "broadcasts": (broadcasts, rules(LOOPS, LOOP_NAT), {"host": JOINED}),
    "broadcasts-stateless": (broadcasts, rules(LOOPS, tracks=False), {"host": JOINED}),
    "broadcasts6": (broadcasts6, rules(LOOPS6), {"family": 6, "host": JOINED}),
}
