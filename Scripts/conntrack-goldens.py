#!/usr/bin/env python3
"""Plays the transcripts in Fixtures/Conntrack through the kernel, and makes new ones of random packets.

    conntrack-goldens.py check [FILE...]          does the kernel agree with the transcripts (default: all)?
    conntrack-goldens.py generate tcp|sctp SEED FLOWS N
                                                  N random packets in each of FLOWS connections, with the kernel's
                                                  states, as a transcript on standard output

Needs root and the kernel oracle, whose folder $GATEHOUSE_ORACLE names (default ../shared/oracle). The format of the
transcripts is told in Fixtures/Conntrack/README.md.
"""
import os
import random
import re
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.environ.get("GATEHOUSE_ORACLE", os.path.join(ROOT, "../shared/oracle")))
from koracle import fwhost, packets as P, scenario as S  # noqa: E402

ADDRESSES = {
    4: {"client": S.OUT, "server": S.SRV, "other": S.OUT2, "router": "192.0.2.254"},
    6: {"client": S.OUT6, "server": S.SRV6, "other": "2001:db8:9::8", "router": "2001:db8:1::fe",
        "link-local": "fe80::1", "all-nodes": "ff02::1"},
}
STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
DROP, RESET = 0x04, 0x08  # the TOS of packets that FORWARD drops, or rejects with a reset
RULES = "*mangle\n:PREROUTING ACCEPT [0:0]\n" + "".join(
    "-A PREROUTING -m conntrack --ctstate %s\n" % s for s in STATES) + """COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m tos --tos 0x04/0xff -j DROP
%s
COMMIT
"""
RULES4 = RULES % "-A FORWARD -p tcp -m tos --tos 0x08/0xff -j REJECT --reject-with tcp-reset"
RULES6 = RULES % "-A FORWARD -p tcp -m tos --tos 0x08/0xff -j REJECT --reject-with tcp-reset"


def whole_table(host):
    """conntrack -L of both families, timeouts included, which the oracle blanks."""
    return "".join(host.run("f", ["conntrack", "-L", "-f", f, "-o", "extended"], check=False).stdout
                   for f in ("ipv4", "ipv6"))


fwhost.FwHost.conntrack = whole_table


def crc32c(data):
    crc = 0xFFFFFFFF
    for b in data:
        crc ^= b
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Transcript:
    """Packets, what is said of them, and the entries said to be left at the end."""

    def __init__(self, lines):
        self.packets, self.expected, self.gaps, self.lines = [], [], [], []
        self.entries, self.sysctls = [], {}
        self.family, self.ports, self.wait = 4, (1000, 80), 0
        self.last = {}
        for number, line in enumerate(lines, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "sysctl":
                self.sysctls[words[1]] = words[2]
            elif words[0] == "family":
                self.family = int(words[1])
            elif words[0] == "ports":
                self.ports = (int(words[1]), int(words[2]))
            elif words[0] == "wait":
                self.wait += float(words[1])
            elif words[0] == "entry":
                self.entries.append(words[1:])
            elif words[0] in "<>":
                at = words.index("=") if "=" in words else len(words)
                self.add(words[0], words[1:at])
                self.expected.append(words[at + 1:])
                self.lines.append(number)
            else:
                raise SystemExit("line %d: %s?" % (number, words[0]))

    def add(self, way, words):
        kind, bare, opt = words[0], [], {}
        for w in words:
            k, _, v = w.partition("=")
            if _:
                opt[k] = v
            else:
                bare.append(w)
        names = ADDRESSES[self.family]
        src, dst = (names["client"], names["server"]) if way == ">" else (names["server"], names["client"])
        src, dst = names[opt["from"]] if "from" in opt else src, names[opt["to"]] if "to" in opt else dst
        sport, dport = self.ports if way == ">" else self.ports[::-1]
        data = b"x" * int(opt.get("len", 8 if kind in ("udp", "udplite", "icmp", "proto") else 0))
        at = None  # of the checksum in the transport header
        if kind == "udp":
            proto, at = P.UDP, 6
            seg = struct.pack("!HHHH", sport, dport, int(opt.get("ulen", 8 + len(data))), 0) + data
        elif kind == "udplite":
            proto, at = P.UDPLITE, 6
            seg = struct.pack("!HHHH", sport, dport, int(opt.get("ulen", 0)), 0) + data
        elif kind == "icmp":
            proto, at = (P.ICMP, 2) if self.family == 4 else (P.ICMP6, 2)
            typ, _, code = bare[1].partition("/")
            body = struct.pack("!HH", int(opt.get("id", 0)), int(opt.get("seq", 0)))
            if "quotes" in opt:
                data = self.last[opt["quotes"]][:int(opt.get("quote", 1000))]
            if typ == "137":
                inner = data + b"\0" * (-len(data) % 8)
                data = b"\0" * 32 + bytes([4, 1 + len(inner) // 8]) + b"\0" * 6 + inner
            seg = bytes([int(typ), int(code or 0), 0, 0]) + body + data
        elif kind == "sctp":
            proto = P.SCTP
            chunks = b""
            for c in opt["chunks"].split(","):
                c, _, flags = c.partition(":")
                body = struct.pack("!IIHHI", int(opt.get("itag", 0)), 65535, 1, 1, 1) if c in ("1", "2") else b"abcd"
                chunks += struct.pack("!BBH", int(c), int(flags or 0), 4 + len(body)) + body
            seg = struct.pack("!HHII", sport, dport, int(opt.get("tag", 0)), 0) + chunks
            crc = struct.pack("<I", crc32c(seg) ^ (1 if "badsum" in bare else 0))
            seg = seg[:8] + crc + seg[12:]
        elif kind == "proto":
            proto = int(bare[1])
            seg = bytes.fromhex(opt["hex"]) if "hex" in opt else data
        else:
            proto, at = P.TCP, 16
            seq, _, ack = bare[1].partition("/")
            opts = b""
            if "ws" in opt:
                opts += struct.pack("!BBBB", 3, 3, int(opt["ws"]), 1)
            if "sackok" in bare:
                opts += b"\1\1\4\2"
            if "ts" in bare:
                opts += b"\1\1\x08\x0a" + b"\0" * 8
            if "sack" in opt:
                left, right = opt["sack"].split("-")
                opts += struct.pack("!BBBBII", 1, 1, 5, 10, int(left), int(right))
            flags = sum(1 << "FSRPAUEC".index(c) for c in kind if c != "-")
            doff = int(opt.get("doff", 5 + len(opts) // 4))
            seg = struct.pack("!HHIIBBHHH", sport, dport, int(seq) & 0xFFFFFFFF, int(ack or 0) & 0xFFFFFFFF,
                              doff << 4, flags, int(opt.get("win", 65535)), 0, 0) + opts + data
        tos = DROP if "drop" in bare else RESET if "reset" in bare else 0
        if self.family == 4:
            packet = P.ip4(src, dst, proto, seg, tos=tos)
        else:
            packet = P.ip6(src, dst, proto, seg, tc=tos, hlim=int(opt.get("hops", 64)))
        head = len(packet) - len(seg)
        if at is not None and "nosum" not in bare:
            pseudo = b"" if proto == P.ICMP else P._pseudo(packet, self.family, P.UDP if "udpsum" in bare else proto, len(seg))
            span = seg[:int(opt["ulen"])] if kind == "udplite" and int(opt.get("ulen", 0)) >= 8 else seg
            c = P.csum(pseudo + span) or 0xFFFF
            packet = packet[:head + at] + struct.pack("!H", c ^ (0x5A if "badsum" in bare else 0)) + packet[head + at + 2:]
        if "cut" in opt:
            seg = packet[head:head + int(opt["cut"])]
            packet = P.ip4(src, dst, proto, seg, tos=tos) if self.family == 4 else P.ip6(src, dst, proto, seg, tc=tos)
        self.last[way] = packet
        frame = S.rx("eth0" if way == ">" else "eth1", packet)
        self.packets.append(frame)
        self.gaps.append(0.001 + self.wait)
        self.wait = 0

    def play(self):
        """What the kernel says: [(state, direction)], the words of the entries left, and the rules' counters."""
        waits = any(g > 0.001 for g in self.gaps)
        host = dict(S.HOST, conntrack="on")
        results, counters, table = S.run(
            self.packets, RULES4, RULES6, sysctls=self.sysctls, host=host, gaps=self.gaps if waits else None)
        said = [(r["state"], r.get("ctdir") or "") for r in results]
        tally = {s: 0 for s in STATES}
        for n, s in re.findall(r"\[(\d+):\d+\] -A PREROUTING -m conntrack --ctstate (\w+)", counters):
            tally[s] += int(n)
        for s in STATES:
            if tally[s] != sum(1 for x, _ in said if x == s):
                raise SystemExit("the rules count %d %s, the oracle saw another number" % (tally[s], s))
        entries = []
        for line in table.splitlines():
            words = line.split()
            state = next((w for w in words if re.fullmatch("[A-Z][A-Z_0-9]+", w)), "-")
            marks = [w.strip("[]") for w in words if w in ("[ASSURED]", "[UNREPLIED]")]
            counts = [w.split("=")[1] for w in words if w.startswith("packets=")]
            timeout = "timeout=%d" % (-(-int(words[4]) // 5) * 5)  # up to 5 seconds, as real time passes
            entries.append([state] + marks + (["packets=" + "/".join(counts)] if counts else []) + [timeout])
        return said, entries


def check(paths):
    packets = wrong = 0
    for path in paths:
        with open(path) as f:
            t = Transcript(f.read().splitlines())
        said, entries = t.play()
        errors = []
        for line, want, (state, way) in zip(t.lines, t.expected, said):
            packets += 1
            if want[:1] != [state] or want[1:] not in ([], [way]):
                errors.append("%s:%d: said %s, the kernel %s %s" % (path, line, " ".join(want), state, way))
        if t.entries:
            want = sorted(sorted(e) for e in t.entries if e != ["none"])
            got = sorted(sorted(e) for e in entries)
            for key in ("packets=", "timeout="):  # only where the transcript speaks of them
                if not any(w.startswith(key) for e in want for w in e):
                    got = [[w for w in e if not w.startswith(key)] for e in got]
            if want != sorted(got):
                errors.append("%s: said %s, the kernel %s" % (path, want, got))
        wrong += len(errors)
        print("%s: %d packets, %s" % (os.path.relpath(path, ROOT), len(said), "agrees" if not errors else "DIFFERS"))
        for e in errors:
            print("  " + e)
    print("%d transcripts, %d packets, %d differences" % (len(paths), packets, wrong))
    return 1 if wrong else 0


def random_segment(r, ends):
    """A line without its state, mostly plausible for the connection whose ends are at ends['>'] and ends['<']."""
    way = r.choice("><")
    other = "<" if way == ">" else ">"
    mine, theirs = ends[way], ends[other]
    flags = r.choices(["S", "SA", "A", "PA", "FA", "R", "RA", "-", "F"], [4, 4, 12, 5, 4, 2, 2, 0.3, 0.3])[0]
    spread = [0, 0, 0, 0, 0, 1, -1, 10, -10, 3000, -3000, 40000, 70000, -70000, 200000]
    seq = (mine + r.choice(spread)) & 0xFFFFFFFF
    ack = (theirs + r.choice(spread)) & 0xFFFFFFFF
    if "R" in flags and r.random() < 0.2:
        seq = 0
    words = [way, flags, "%d/%d" % (seq, ack) if "A" in flags else "%d" % seq]
    size = r.choice([0, 0, 1, 100, 1000]) if "A" in flags and "S" not in flags and "R" not in flags else 0
    if size:
        words.append("len=%d" % size)
    words.append("win=%d" % r.choice([65535, 65535, 8192, 1000, 0]))
    if "S" in flags:
        if r.random() < 0.5:
            words.append("ws=%d" % r.choice([0, 2, 7, 15]))
        if r.random() < 0.5:
            words.append("sackok")
    elif "A" in flags and r.random() < 0.15:
        words.append("sack=%d-%d" % ((ack + 100) & 0xFFFFFFFF, (ack + 200) & 0xFFFFFFFF))
    if abs((seq - mine + 2 ** 31) % 2 ** 32 - 2 ** 31) <= 10:
        ends[way] = (seq + size + ("S" in flags) + ("F" in flags)) & 0xFFFFFFFF
    return " ".join(words)


def random_tcp(r, count):
    """The packets of a connection, often with a handshake to begin with."""
    ends = {w: r.choice([1000, 100000, r.getrandbits(32), 2 ** 32 - 500]) for w in "><"}
    out = []
    if r.random() < 0.6:
        a, b = ends[">"], ends["<"]
        ends = {">": (a + 1) % 2 ** 32, "<": (b + 1) % 2 ** 32}
        out += ["> S %d%s" % (a, r.choice(["", " ws=7", " sackok", " ws=2 sackok"])),
                "< SA %d/%d%s" % (b, ends[">"], r.choice(["", " ws=3", " sackok", " ws=7 sackok"])),
                "> A %d/%d" % (ends[">"], ends["<"])]
    return out + [random_segment(r, ends) for _ in range(count)]


def random_sctp(r, count):
    """The packets of an association with tags from 7 to 9, chunks from INIT to SHUTDOWN COMPLETE."""
    out = []
    if r.random() < 0.6:
        out += ["> sctp chunks=1 itag=7", "< sctp chunks=2 itag=8 tag=7", "> sctp chunks=10 tag=8"]
    for _ in range(count):
        way = r.choice("><")
        chunk = r.choices([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14], [4, 3, 3, 2, 3, 3, 0.5, 1, 1, 1, 2, 2, 0.5])[0]
        tag = {1: 0}.get(chunk, 8 if way == ">" else 7) if r.random() < 0.7 else r.choice([0, 7, 8, 9])
        more = r.choice(["", "", "", ",0", ",3", ",4"])
        out.append("%s sctp chunks=%d%s%s tag=%d itag=%d" % (
            way, chunk, r.choice(["", "", ":1"]), more, tag, r.choice([7, 7, 8, 8, 9])))
    return out


def generate(kind, seed, flows, count):
    r = random.Random(seed)
    out = ["# Random packets, states by the kernel: Scripts/conntrack-goldens.py generate %s %d %d %d"
           % (kind, seed, flows, count)]
    for key, values in (("acct", (1,)), ("tcp_loose", (1, 1, 0)), ("tcp_be_liberal", (0, 0, 0, 1)),
                        ("tcp_ignore_invalid_rst", (0, 0, 1))):
        value = r.choice(values)
        out += ["sysctl nf_conntrack_%s %d" % (key, value)] * (kind == "tcp" or key == "acct")
    for flow in range(flows):
        out.append("ports %d 80" % (1000 + flow))
        out += {"tcp": random_tcp, "sctp": random_sctp}[kind](r, count)
    t = Transcript(out)
    said, entries = t.play()
    for line, (state, way) in zip(t.lines, said):
        out[line - 1] += " = %s%s" % (state, " " + way if way else "")
    out += ["entry " + " ".join(e) for e in sorted(entries)] or ["entry none"]
    print("\n".join(out))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        folder = os.path.join(ROOT, "Fixtures/Conntrack")
        found = [os.path.join(d, f) for d, _, fs in os.walk(folder) for f in fs if f.endswith(".transcript")]
        sys.exit(check(sys.argv[2:] or sorted(found)))
    if sys.argv[1:2] == ["generate"] and len(sys.argv) == 6:
        sys.exit(generate(sys.argv[2], *map(int, sys.argv[3:])))
    sys.exit(__doc__)
