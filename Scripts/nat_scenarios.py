"""The scenarios of traversal-goldens.py that are about address translation."""
import copy
import struct

from koracle import packets as P, scenario as S

FAR, NEAR, NEAR2, WAN, LAN = S.OUT, S.SRV, S.SRV2, S.WAN, S.LAN   # 198.51.100.7 10.0.0.5 10.0.0.6 192.0.2.1 10.0.0.1
FAR6, NEAR6, WAN6, LAN6 = S.OUT6, S.SRV6, S.WAN6, S.LAN6
ROUTER, ROUTER6 = "192.0.2.254", "2001:db8:1::fe"


def rules(nat, filters=(), mangle=()):
    """Counters in every chain, and the states that translation shows."""
    out = ["*mangle"] + [":%s ACCEPT [0:0]" % c for c in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")]
    out += ["-A %s -m conntrack --ctstate %s" % (c, s) for c in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
            for s in ("SNAT", "DNAT", "RELATED", "INVALID")] + list(mangle) + ["COMMIT"]
    out += ["*nat"] + [":%s ACCEPT [0:0]" % c for c in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")] + list(nat) + ["COMMIT"]
    out += ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"] + list(filters) + ["COMMIT"]
    return "\n".join(out) + "\n"


def rx(iface, *packets):
    return [S.rx(iface, p) for p in packets]


def tx(iface, *packets):
    return [S.tx(iface, p) for p in packets]


def bare(l3):
    """Without a UDP checksum."""
    return l3[:26] + b"\0\0" + l3[28:]


def error(src, dst, typ, code, quoted, length=None, rest=b"\0\0\0\0"):
    return P.icmp(src, dst, typ, code, rest=rest, data=quoted[:length])


def masquerade():
    """Every protocol out through MASQUERADE and back, errors about it, and what isn't translated."""
    u = P.udp(NEAR, FAR, 4000, 53)
    seen = P.udp(WAN, FAR, 4000, 53)
    t = [P.tcp(NEAR, FAR, 1000, 80, "S", seq=100), P.tcp(FAR, WAN, 80, 1000, "SA", seq=500, ack=101),
         P.tcp(NEAR, FAR, 1000, 80, "A", seq=101, ack=501), P.tcp(NEAR, FAR, 1000, 80, "PA", seq=101, ack=501, data=b"odd"),
         P.tcp(FAR, WAN, 80, 1000, "A", seq=501, ack=104)]
    out = rx("eth1", t[0]) + rx("eth0", t[1]) + rx("eth1", t[2], t[3]) + rx("eth0", t[4])
    out += rx("eth1", u, u) + rx("eth0", P.udp(FAR, WAN, 53, 4000)) + rx("eth1", u)
    out += rx("eth1", bare(P.udp(NEAR, FAR, 4001, 53))) + rx("eth0", bare(P.udp(FAR, WAN, 53, 4001)))
    out += rx("eth1", P.icmp(NEAR, FAR)) + rx("eth0", P.icmp(FAR, WAN, 0))
    out += rx("eth1", P.icmp(NEAR, FAR, 13, data=b"\0" * 12)) + rx("eth0", P.icmp(FAR, WAN, 14, data=b"\0" * 12))
    # Errors from outside, whole and cut; about replies, from inside.
    out += rx("eth0", error(FAR, WAN, 3, 3, seen), error(ROUTER, WAN, 11, 0, seen, 28), error(ROUTER, WAN, 11, 0, seen, 24))
    seen_t = P.tcp(WAN, FAR, 1000, 80, "PA", seq=101, ack=501, data=b"odd")
    out += rx("eth0", error(ROUTER, WAN, 3, 4, seen_t, rest=b"\0\0\5\0"), error(ROUTER, WAN, 3, 1, seen_t, 28))
    out += rx("eth0", error(ROUTER, WAN, 11, 0, P.icmp(WAN, FAR)), error(ROUTER, WAN, 11, 0, bare(P.udp(WAN, FAR, 4001, 53))))
    out += rx("eth1", error(NEAR, FAR, 3, 3, P.udp(FAR, NEAR, 53, 4000)), error(NEAR2, FAR, 3, 1, t[4]))
    out += rx("eth0", error(ROUTER, WAN, 5, 1, seen, rest=b"\xc0\0\2\1"))
    # Without ports, and without a connection.
    out += rx("eth1", P.ip4(NEAR, FAR, 47, b"\0\0\x08\0" + b"E" * 24), P.ip4(NEAR, FAR, 50, b"\0\0\0\1" * 4))
    out += rx("eth0", P.ip4(FAR, WAN, 47, b"\0\0\x08\0" + b"E" * 24), P.ip4(FAR, WAN, 50, b"\0\0\0\2" * 4))
    out += rx("eth1", P.ip4(NEAR, FAR, 47, b"\0\2\x08\0" + b"E" * 24)) + rx("eth0", P.ip4(FAR, WAN, 47, b"\0\2\x08\0" + b"E" * 24))
    out += rx("eth1", P.ip4(NEAR, FAR, 33, struct.pack("!HHBBHI", 1000, 2000, 4, 0, 0x1234, 0) + b"\0\0\0\1dccp"))
    out += rx("eth1", P.tcp(NEAR, FAR, 9, 80, "FA", seq=1, ack=1), P.udp(NEAR, FAR, 5, 53, badsum=True))
    return out + rx("eth1", P.udp("0.0.0.0", FAR, 6, 53)) + rx("eth0", P.udp(FAR, WAN, 53, 9999))


def sctp():
    """SCTP, whose checksum is a CRC; UDP-Lite as connection tracking likes it."""
    init = b"\1\0\0\x14" + struct.pack("!IIHHI", 1, 65535, 1, 1, 1)
    ack = b"\2\0\0\x14" + struct.pack("!IIHHI", 2, 65535, 1, 1, 1)
    out = rx("eth1", crc(P.ip4(NEAR, FAR, 132, struct.pack("!HHII", 1000, 2000, 0, 0) + init)))
    return out + rx("eth0", crc(P.ip4(FAR, WAN, 132, struct.pack("!HHII", 2000, 1000, 1, 0) + ack)))


def crc(l3):
    sum = 0xffffffff
    for byte in l3[20:28] + b"\0\0\0\0" + l3[32:]:
        sum ^= byte
        for _ in range(8):
            sum = sum >> 1 ^ (0x82f63b78 if sum & 1 else 0)
    return l3[:28] + struct.pack("<I", ~sum & 0xffffffff) + l3[32:]


def forwards():
    """DNAT to a port, answers, errors about it, refusals behind it, and a hop limit that ends behind it."""
    def t(port, flags, **kw):
        return P.tcp(FAR, WAN, port, 80, flags, **kw)
    out = rx("eth0", t(1000, "S", seq=100)) + rx("eth1", P.tcp(NEAR, FAR, 8081, 1000, "SA", seq=500, ack=101))
    out += rx("eth0", t(1000, "A", seq=101, ack=501), t(1000, "PA", seq=101, ack=501, data=b"hello"))
    out += rx("eth1", error(NEAR, FAR, 3, 13, P.tcp(FAR, NEAR, 1000, 8081, "PA", seq=101, ack=501, data=b"hello")))
    out += rx("eth0", error(FAR, WAN, 3, 3, P.tcp(WAN, FAR, 80, 1000, "SA", seq=500, ack=101)))
    out += rx("eth0", t(1001, "S", ttl=1), t(1001, "S"), t(1001, "S"))
    # Refused behind the translation; the answers come from the address that was asked.
    out += rx("eth0", P.udp(FAR, WAN, 7, 7), P.tcp(FAR, WAN, 7, 7, "S", seq=7), P.tcp(FAR, WAN, 7, 9, "S", seq=7))
    # From the network itself: source and destination change.
    out += rx("eth1", P.tcp(NEAR2, WAN, 1000, 80, "S", seq=1)) + rx("eth1", P.tcp(NEAR, LAN, 8081, 1000, "SA", seq=9, ack=2))
    out += rx("eth1", P.tcp(NEAR2, WAN, 1000, 80, "A", seq=2, ack=10))
    # Ports: first of a range, kept, shifted; no address.
    out += rx("eth0", P.udp(FAR, WAN, 1, 100), P.udp(FAR, WAN, 2, 100), P.udp(FAR, WAN, 3, 103), P.udp(FAR, WAN, 3, 5003))
    return out + rx("eth0", P.udp(FAR, WAN, 4, 200)) + rx("eth0", P.udp(FAR, "10.0.0.99", 4, 300))


FORWARDS = [
    "-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8081",
    "-A PREROUTING -i eth0 -p udp -m udp --dport 7 -j DNAT --to-destination 10.0.0.7:77",
    "-A PREROUTING -i eth0 -p tcp -m tcp --dport 7 -j DNAT --to-destination 10.0.0.7:77",
    "-A PREROUTING -i eth0 -p tcp -m tcp --dport 9 -j DNAT --to-destination 10.0.0.7:99",
    "-A PREROUTING -p udp -m udp --dport 100:110 -j DNAT --to-destination 10.0.0.5:101-105",
    "-A PREROUTING -p udp -m udp --dport 5000:5010 -j DNAT --to-destination 10.0.0.5:1000-1010/5000",
    "-A PREROUTING -p udp -m udp --dport 200 -j DNAT --to-destination :201",
    "-A PREROUTING -p udp -m udp --dport 300 -j DNAT --to-destination 127.0.0.1",
    "-A POSTROUTING -s 10.0.0.0/24 -d 10.0.0.5/32 -p tcp -m tcp --dport 8081 -j SNAT --to-source 10.0.0.1"]
REFUSALS = ["-A FORWARD -d 10.0.0.7/32 -p udp -j REJECT --reject-with icmp-port-unreachable",
            "-A FORWARD -d 10.0.0.7/32 -p tcp -m tcp --dport 77 -j REJECT --reject-with tcp-reset",
            "-A FORWARD -d 10.0.0.7/32 -p tcp -m tcp --dport 99 -j REJECT --reject-with icmp-host-prohibited"]


def local():
    """REDIRECT and SNAT in INPUT; NETMAP in all chains."""
    out = rx("eth0", P.tcp(FAR, WAN, 1000, 80, "S"), P.udp(FAR, "10.0.0.9", 4, 69), P.udp(FAR, WAN, 5, 10), P.udp(FAR, WAN, 5, 10))
    out += rx("eth1", P.udp(NEAR, FAR, 4, 69), P.udp(NEAR, LAN, 5, 11))
    out += rx("eth0", P.udp(FAR, "203.0.113.77", 5, 20)) + rx("eth1", P.udp("10.0.0.77", FAR, 20, 5), P.udp("10.0.0.78", FAR, 20, 5))
    out += rx("eth0", P.udp(FAR, "203.0.113.78", 5, 20), P.icmp(FAR, "203.0.113.79"))
    return out + rx("eth0", P.udp(FAR, WAN, 6, 30)) + tx("eth1", P.udp(WAN, "10.0.0.30", 30, 6))


LOCAL = ["-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128", "-A PREROUTING -p udp -m udp --dport 69 -j REDIRECT",
         "-A PREROUTING -d 203.0.113.0/24 -j NETMAP --to 10.0.0.0/24", "-A POSTROUTING -s 10.0.0.0/24 -o eth0 -j NETMAP --to 203.0.113.0/24",
         "-A INPUT -p udp -m udp --dport 10 -j SNAT --to-source 172.16.0.99", "-A INPUT -p udp -m udp --dport 11 -j NETMAP --to 172.16.5.0/24",
         "-A INPUT -p udp -m udp --dport 30 -j SNAT --to-source 10.0.0.30"]


def own():
    """The host's own packets: DNAT to another way out, to the host itself, MASQUERADE; answers."""
    out = tx("eth0", P.udp(WAN, FAR, 1, 10), P.udp(WAN, FAR, 1, 10)) + rx("eth1", P.udp(NEAR, WAN, 110, 1))
    out += tx("eth0", P.udp(WAN, FAR, 2, 11)) + tx("eth0", P.tcp(WAN, FAR, 3, 12, "S"))
    out += tx("eth0", P.udp(WAN, FAR, 4, 13)) + rx("eth0", P.udp(FAR, "192.0.2.200", 13, 4))
    return out + tx("eth0", P.udp(WAN, FAR, 5, 14)) + tx("eth0", P.icmp(WAN, FAR))


OWN = ["-A OUTPUT -p udp -m udp --dport 10 -j DNAT --to-destination 10.0.0.5:110", "-A OUTPUT -p udp -m udp --dport 11 -j REDIRECT",
       "-A OUTPUT -p tcp -m tcp --dport 12 -j REDIRECT --to-ports 1200", "-A POSTROUTING -p udp -m udp --dport 13 -j SNAT --to-source 192.0.2.200",
       "-A OUTPUT -p udp -m udp --dport 14 -j DNAT --to-destination 172.16.0.1:140"]
WAYS = ["-A OUTPUT -o %s" % i for i in ("eth0", "eth1", "lo")]


def ranges():
    """Which address of a range, by hash."""
    out = [S.rx("eth1", P.udp("10.0.0.%d" % n, FAR, n, 53)) for n in range(5, 17)]
    out += [S.rx("eth1", P.udp("10.0.0.%d" % n, "198.51.100.8", n, 53)) for n in range(5, 9)]
    out += [S.rx("eth1", P.tcp("10.0.0.%d" % n, "198.51.100.%d" % n, n, 80, "S")) for n in range(5, 13)]
    return out + [S.rx("eth0", P.udp(FAR, "192.0.2.1", n, 1000 + n)) for n in range(6)]


RANGES = ["-A POSTROUTING -o eth0 -p udp -j SNAT --to-source 192.0.2.10-192.0.2.200",
          "-A POSTROUTING -o eth0 -p tcp -j SNAT --to-source 192.0.2.10-192.0.2.200 --persistent",
          "-A PREROUTING -p udp -m udp --dport 1000:1002 -j DNAT --to-destination 10.0.0.50-10.0.0.60",
          "-A PREROUTING -p udp -m udp --dport 1003:1005 -j DNAT --to-destination 10.0.0.50-10.0.0.60 --persistent"]


def ranges6():
    out = [S.rx("eth1", P.udp("2001:db8:2::%x" % n, FAR6, n, 53)) for n in range(5, 17)]
    out += [S.rx("eth1", P.tcp("2001:db8:2::%x" % n, "2001:db8:9::%x" % n, n, 80, "S")) for n in range(5, 11)]
    return out + [S.rx("eth0", P.udp("2001:db8:9::%x" % n, WAN6, n, 1000 + n)) for n in range(6)]


RANGES6 = ["-A POSTROUTING -o eth0 -p udp -j SNAT --to-source 2001:db8:1::10-2001:db8:1::1:20",
           "-A POSTROUTING -o eth0 -p tcp -j SNAT --to-source 2001:db8:1::10-2001:db8:5::1:20 --persistent",
           "-A PREROUTING -p udp -m udp --dport 1000:1002 -j DNAT --to-destination 2001:db8:2::50-2001:db8:2:1::60",
           "-A PREROUTING -p udp -m udp --dport 1003:1005 -j DNAT --to-destination 2001:db8:2::50-2001:db8:2::5:60 --persistent"]


def six():
    """IPv6: MASQUERADE, DNAT, REDIRECT, NETMAP, errors, extension headers."""
    hop = b"\x11\0\1\4\0\0\0\0"
    u, t = P.udp(NEAR6, FAR6, 4000, 53), P.tcp(NEAR6, FAR6, 1000, 80, "S", seq=100)
    out = rx("eth1", u, t, P.icmp(NEAR6, FAR6, 128)) + rx("eth0", P.udp(FAR6, WAN6, 53, 4000))
    out += rx("eth0", P.tcp(FAR6, WAN6, 80, 1000, "SA", seq=500, ack=101), P.icmp(FAR6, WAN6, 129))
    out += rx("eth0", P.icmp(ROUTER6, WAN6, 3, 0, rest=b"\0\0\0\0", data=P.udp(WAN6, FAR6, 4000, 53)),
              P.icmp(FAR6, WAN6, 1, 4, rest=b"\0\0\0\0", data=P.tcp(WAN6, FAR6, 1000, 80, "S", seq=100)),
              P.icmp(FAR6, WAN6, 1, 4, rest=b"\0\0\0\0", data=P.icmp(WAN6, FAR6, 128)))
    out += rx("eth1", P.icmp(NEAR6, FAR6, 1, 4, rest=b"\0\0\0\0", data=P.udp(FAR6, NEAR6, 53, 4000)))
    ext = P.ip6(NEAR6, FAR6, 0, hop + P.udp(NEAR6, FAR6, 4001, 53)[40:])
    out += rx("eth1", ext) + rx("eth0", P.udp(FAR6, WAN6, 53, 4001))
    out += rx("eth0", P.tcp(FAR6, WAN6, 7, 8080, "S"), P.udp(FAR6, WAN6, 7, 69), P.udp(FAR6, "2001:db8:77::5", 7, 70), P.udp(FAR6, WAN6, 7, 71))
    return out + tx("eth0", P.udp(WAN6, FAR6, 9, 90), P.udp(WAN6, FAR6, 9, 91))


SIX = ["-A POSTROUTING -s 2001:db8:2::/64 -o eth0 -j MASQUERADE", "-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination [2001:db8:2::5]:80",
       "-A PREROUTING -p udp -m udp --dport 69 -j REDIRECT --to-ports 6969", "-A PREROUTING -d 2001:db8:77::/64 -j NETMAP --to 2001:db8:2::/64",
       "-A PREROUTING -p udp -m udp --dport 71 -j DNAT --to-destination 2001:db8:2::7",
       "-A OUTPUT -p udp -m udp --dport 90 -j DNAT --to-destination [2001:db8:2::5]:99", "-A OUTPUT -p udp -m udp --dport 91 -j REDIRECT"]
REFUSALS6 = ["-A FORWARD -d 2001:db8:2::7/128 -j REJECT --reject-with icmp6-adm-prohibited"]


def addresses():
    """MASQUERADE takes the address in the next hop's network, else the first that is neither secondary nor of scope link."""
    return [S.rx("eth1", P.udp(NEAR, d, n + 1, 53)) for n, d in enumerate(("192.0.2.77", "203.0.113.7", "198.51.100.7", "172.16.0.9"))] \
        + rx("wlan0", P.udp("172.16.0.9", WAN, 9, 69))


ADDRESSES = copy.deepcopy(S.HOST)
ADDRESSES["interfaces"][0]["addresses"] = ["192.0.2.1/24", "192.0.2.2/24", "203.0.113.1/24"]
ADDRESSES["routes"] = ["198.51.100.0/24 via 203.0.113.254 dev eth0"]


def room():
    """A closed connection makes room in a full range of ports, for a segment with higher numbers."""
    def t(client, port, flags, **kw):
        return P.tcp(client, FAR, port, 80, flags, **kw)
    out = rx("eth1", t(NEAR, 1, "S", seq=100)) + rx("eth1", t(NEAR, 2, "S", seq=100))
    # The range is full.
    return out + rx("eth1", t(NEAR2, 3, "S", seq=100))


# name: packets, nat rules, and what differs from the defaults
SCENARIOS = {
    "nat-masquerade": (masquerade, ["-A POSTROUTING -o eth0 -j MASQUERADE"], {}),
    "nat-sctp": (sctp, ["-A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.1"], {}),
    "nat-forwards": (forwards, FORWARDS, {"filters": REFUSALS}),
    "nat-local": (local, LOCAL, {}),
    "nat-own-packets": (own, OWN, {"filters": WAYS}),
    "nat-ranges": (ranges, RANGES, {}),
    "nat-ranges6": (ranges6, RANGES6, {"family": 6}),
    "nat6": (six, SIX, {"family": 6, "filters": REFUSALS6}),
    "nat-addresses": (addresses, ["-A POSTROUTING -o eth0 -j MASQUERADE", "-A PREROUTING -i wlan0 -j REDIRECT"], {"host": ADDRESSES}),
    "nat-full-range": (room, ["-A POSTROUTING -o eth0 -p tcp -j SNAT --to-source 192.0.2.1:2000-2001"], {}),
}
