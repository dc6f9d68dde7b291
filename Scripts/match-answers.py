#!/usr/bin/env python3
"""Asks the kernel, packet by packet, which packets a match takes, and writes the answers to Fixtures/MatchAnswers.

    match-answers.py [PART OF A RULE...]

The packets are made here, the same ones each time: headers of all kinds, many of them damaged. Each rule of the lists
below stands alone in the table mangle, so that its own answer is seen: it takes the packet, or not, or drops it at once.
FAMILY.frames holds one frame a line in hexadecimal digits, FAMILY.answers `rule ; packets taken ; packets dropped`, with
numbers from 1 and `-` for none; its first line names the packets that the kernel refused before any rule. Parts of rules
limit what is asked, and then nothing is written but the answers shown. (A negated test that drops the packet lets the rule count
it and act before it is dropped; that isn't told here.) The kernel's answer comes from kernel_oracle.py in
the folder that GATEHOUSE_ORACLE names (default: ../shared/oracle beside this repository). Needs root.
"""
import os
import random
import socket
import struct
import sys

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.environ.get("GATEHOUSE_ORACLE", os.path.join(REPO, "..", "shared", "oracle")))
from koracle import packets, scenario  # noqa: E402

SOURCE4, SOURCE6 = "198.51.100.7", "2001:db8:9::7"
HOP, ROUTING, FRAGMENT, ESP, AH, NONE, DESTINATION, MOBILITY = 0, 43, 44, 50, 51, 59, 60, 135
TEXTS = [b"GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n", b"xxabcxxabcabdxx", b"\x00\x01\x02\xff\xfe", b"ABCabc",
         b"aaaaaaaaab", b"caf\xe9 CAF\xc9"]

RULES4 = [
    "-p ah -m ah", "-p ah -m ah --ahspi 0:100", "-p ah -m ah ! --ahspi 0:100",
    "-p esp -m esp", "-p esp -m esp --espspi 1:5", "-p esp -m esp ! --espspi 1:5",
    "-p ipcomp -m ipcomp --ipcompspi 2:300", "-p ipcomp -m ipcomp ! --ipcompspi 2:300",
    "-p dccp -m dccp", "-p dccp -m dccp --sport 1000:2000", "-p dccp -m dccp ! --dport 80",
    "-p dccp -m dccp --dccp-types REQUEST,DATA", "-p dccp -m dccp ! --dccp-types ACK,RESET",
    "-p dccp -m dccp --dccp-types INVALID", "-p dccp -m dccp --dccp-option 2", "-p dccp -m dccp ! --dccp-option 40",
    "-p dccp -m dccp --dccp-option 1", "-p dccp -m dccp --dccp-option 5",
    "-p sctp -m sctp", "-p sctp -m sctp --dport 80:90", "-p sctp -m sctp ! --sport 1000",
    "-p sctp -m sctp --chunk-types any INIT,ABORT", "-p sctp -m sctp --chunk-types all DATA,SACK",
    "-p sctp -m sctp --chunk-types only DATA,SACK", "-p sctp -m sctp --chunk-types any DATA:BE",
    "-p sctp -m sctp --chunk-types any DATA:be,ABORT:T", "-p sctp -m sctp --chunk-types only DATA:U,SACK,INIT",
    "-p sctp -m sctp --chunk-types all DATA:E", "-p sctp -m sctp --chunk-types any ALL",
    "-p sctp -m sctp --chunk-types all NONE", "-p sctp -m sctp --chunk-types only NONE",
    "-p sctp -m sctp --chunk-types any I_DATA:U", "-p sctp -m sctp --chunk-types any ASCONF,FORWARD_TSN",
    '-m u32 --u32 "6&0xFF=6,17"', '-m u32 ! --u32 "6&0xFF=6,17"', '-m u32 --u32 "0>>22&0x3C@0>>16=1000:2000"',
    '-m u32 --u32 "0>>22&0x3C@12>>26&0x3C@0>>24=0x47"', '-m u32 --u32 "4&0x1FFF=0&&0>>22&0x3C@0=0:0xFFFFFFFF"',
    '-m u32 --u32 "36=0:0xFFFFFFFF"', '-m u32 --u32 "0&0xFFFF=40:100"', '-m u32 --u32 "8@0=0:0xFFFFFFFF"',
    '-m u32 --u32 "0<<16>>16=60:200&&5&0x01=0:1"', '-m u32 --u32 "0xFFFFFFFE=0"', '-m u32 --u32 "0=5:3"',
    '-m string --algo bm --string "abc"', '-m string --algo kmp --string "abc"', '-m string --algo kmp --string "abd"',
    '-m string --algo kmp ! --string "abc"',
    '-m string --algo bm --string "abcabd"', '-m string --algo bm --string "aaab"', '-m string --algo kmp --string "aaab"',
    '-m string --algo bm --string "index" --from 28 --to 60', '-m string --algo kmp --string "abc" --to 45',
    '-m string --algo kmp --string "abc" --from 31', '-m string --algo bm --string "GET" --from 40 --to 43',
    '-m string --algo kmp --string "GET" --from 40 --to 43', '-m string --algo kmp --string "GET" --from 40 --to 42',
    '-m string --algo bm --string "ABC" --icase', '-m string --algo kmp --string "abc" --icase',
    '-m string --algo bm --string "http/1.1" --icase', '-m string --algo bm --hex-string "|ff fe|"',
    '-m string --algo kmp --hex-string "|00 01 02|"', '-m string --algo kmp --hex-string "CAF|e9|" --icase',
    '-m string --algo kmp --string "b" --from 1000', '-m string --algo bm --hex-string "|45|" --to 1',
    '-m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0"',
    # the port behind the IP header: ldxb 4*([0]&0xf); ldh [x+2]; jeq 80
    '-m bpf --bytecode "5,177 0 0 0,72 0 0 2,21 0 1 80,6 0 0 65535,6 0 0 0"',
    # len > 60; ld [60] fails behind the end; ld proto; ld pkttype
    '-m bpf --bytecode "4,128 0 0 0,37 0 1 60,6 0 0 1,6 0 0 0"', '-m bpf --bytecode "2,32 0 0 60,6 0 0 1"',
    '-m bpf --bytecode "4,40 0 0 4294963200,21 0 1 2048,6 0 0 1,6 0 0 0"',
    '-m bpf --bytecode "4,48 0 0 4294963204,21 0 1 0,6 0 0 1,6 0 0 0"',
    # arithmetic: ((len * 3 - 7) / 5) % 4 ^ 1 << 2 >> 1, through memory and X, ends in a jset
    '-m bpf --bytecode "15,128 0 0 0,36 0 0 3,20 0 0 7,52 0 0 5,148 0 0 4,164 0 0 1,100 0 0 2,2 0 0 5,97 0 0 5,'
    '135 0 0 0,116 0 0 1,132 0 0 0,69 0 1 6,6 0 0 1,6 0 0 0"',
    # divide by X, 0 for packets of an even length; ret A
    '-m bpf --bytecode "6,128 0 0 0,84 0 0 1,7 0 0 0,0 0 0 9,60 0 0 0,22 0 0 0"',
    '-m bpf --bytecode "3,1 0 0 4294967295,64 0 0 1,22 0 0 0"',
    '-m bpf --bytecode "2,48 0 0 4293918729,22 0 0 0"',
]
RULES6 = [
    "-m ah", "-m ah --ahspi 0:100", "-m ah ! --ahspi 0:100", "-m ah --ahlen 24", "-m ah ! --ahlen 24", "-m ah --ahlen 0",
    "-m ah ! --ahlen 0", "-m ah --ahres", "-m eui64",
    "-p esp -m esp --espspi 1:5", "-p esp -m esp ! --espspi 1:5", "-p esp -m esp",
    "-m hbh", "-m hbh --hbh-len 8", "-m hbh ! --hbh-len 8", "-m hbh --hbh-opts 5", "-m hbh --hbh-opts 5:2",
    "-m hbh --hbh-opts 1,5", "-m hbh --hbh-opts 5:2,1:0", "-m hbh --hbh-opts 0", "-m hbh --hbh-opts 1:4",
    "-m hbh --hbh-len 16 --hbh-opts 1", "-m hbh --hbh-opts 0,0,1",
    "-m dst", "-m dst --dst-len 8", "-m dst ! --dst-len 24", "-m dst --dst-opts 1", "-m dst --dst-opts 1:4",
    "-m dst --dst-opts 4", "-m dst --dst-opts 4:1,1", "-m dst --dst-opts 201", "-m dst --dst-opts 201:16",
    "-m dst --dst-opts 0,0", "-m dst --dst-opts 1:2,1", "-m dst --dst-opts 1,4,5", "-m dst --dst-opts 4,4",
    "-m rt", "-m rt --rt-type 0", "-m rt ! --rt-type 0", "-m rt --rt-type 4", "-m rt --rt-segsleft 1:2",
    "-m rt ! --rt-segsleft 1:2", "-m rt ! --rt-segsleft 0:4294967295", "-m rt --rt-len 24", "-m rt ! --rt-len 24",
    "-m rt --rt-type 0 --rt-0-res", "-m rt --rt-type 0 --rt-0-addrs ::1", "-m rt --rt-type 0 --rt-0-addrs ::1,::2",
    "-m rt --rt-type 0 --rt-0-addrs ::1 --rt-0-not-strict", "-m rt --rt-type 0 --rt-0-addrs ::2 --rt-0-not-strict",
    "-m rt --rt-type 0 --rt-0-addrs ::1,::3 --rt-0-not-strict", "-m rt --rt-type 0 --rt-0-addrs ::2,::1 --rt-0-not-strict",
    "-m rt --rt-type 0 --rt-0-addrs ::1,::1,::1",
    "-m srh", "-m srh --srh-next-hdr 17", "-m srh ! --srh-next-hdr 17", "-m srh --srh-hdr-len-eq 4",
    "-m srh --srh-hdr-len-gt 2", "-m srh ! --srh-hdr-len-lt 4", "-m srh --srh-segs-left-eq 1", "-m srh --srh-segs-left-gt 0",
    "-m srh --srh-segs-left-lt 2", "-m srh --srh-last-entry-eq 1", "-m srh --srh-last-entry-gt 1",
    "-m srh ! --srh-last-entry-lt 1", "-m srh --srh-tag 1", "-m srh --srh-tag 256", "-m srh ! --srh-tag 0",
    "-m srh --srh-psid ::2", "-m srh ! --srh-psid ::2", "-m srh --srh-nsid ::1", "-m srh ! --srh-nsid ::1",
    "-m srh --srh-lsid ::1", "-m srh --srh-lsid ::0/126", "-m srh ! --srh-lsid ::1", "-m srh --srh-psid ::/0",
] + [
    "-m ipv6header %s--header %s%s" % (no, names, soft)
    for names in ("hop", "dst", "route", "frag", "auth", "esp", "none", "prot", "hop,prot", "dst,prot", "frag,prot",
                  "route,dst,prot", "hop,dst,none")
    for no in ("", "! ") for soft in ("", " --soft")
] + [
    "-p mobility-header -m mh", "-p mobility-header -m mh --mh-type 0:3", "-p mobility-header -m mh ! --mh-type 5",
    "-p dccp -m dccp ! --dport 80", "-p dccp -m dccp --dccp-option 2",
    "-p sctp -m sctp --chunk-types any DATA", "-p sctp -m sctp ! --chunk-types only DATA",
    "-p ipcomp -m ipcomp ! --ipcompspi 2:300",
    '-m u32 --u32 "4&0xFF00=0x1100"', '-m u32 --u32 "40>>24=0:59&&44=0:0xFFFFFFFF"',
    '-m string --algo bm --string "abc"', '-m string --algo kmp --string "index" --from 60 --to 110',
    '-m bpf --bytecode "4,48 0 0 6,21 0 1 17,6 0 0 1,6 0 0 0"', '-m bpf --bytecode "2,32 0 0 80,6 0 0 1"',
]


def transport(dice):
    """(protocol, bytes) of an upper layer."""
    kind = dice.choice(["udp", "tcp", "sctp", "sctp", "dccp", "dccp", "esp", "ipcomp", "mobility"])
    ports = struct.pack("!HH", dice.choice([1000, 1500, 40000]), dice.choice([80, 81, 443]))
    text = dice.choice(TEXTS)
    if kind == "udp":
        return 17, ports + struct.pack("!HH", 8 + len(text), 0) + text
    if kind == "tcp":
        return 6, ports + struct.pack("!IIBBHHH", 1, 1, 0x50, 0x18, 1000, 0, 0) + text
    if kind == "esp":
        return ESP, struct.pack("!II", dice.choice([1, 3, 5, 6, 0xffffffff]), 1) + text
    if kind == "ipcomp":
        return 108, struct.pack("!BBH", 6, 0, dice.choice([1, 2, 300, 301])) + text
    if kind == "mobility":
        proto = dice.choice([NONE, NONE, NONE, 17])
        return MOBILITY, struct.pack("!BBBBHH", proto, 0, dice.randrange(8), 0, 0, 0)
    if kind == "sctp":
        chunks = b""
        for _ in range(dice.randrange(0, 4)):
            kind = dice.choice([0, 0, 0, 1, 3, 6, 14, 64, 192, 193])
            data = bytes(dice.randrange(0, 7))
            length = 4 + len(data) if dice.random() < 0.85 else dice.choice([0, 1, 3, 200])
            chunks += struct.pack("!BBH", kind, dice.randrange(16), length) + data + bytes(-len(data) % 4)
        return 132, ports + struct.pack("!II", 1, 0) + chunks
    kind = dice.choice([0, 1, 2, 3, 4, 7, 8, 10, 12])
    extended = dice.randrange(2)
    fixed = (16 if extended else 12) + {0: 4, 2: 0, 3: 8, 4: 8, 5: 8, 6: 8, 8: 8, 9: 8}.get(kind, 12)
    options = dice.choice([b"", b"\0\0\0\0", b"\x02\x04\x28\x01", b"\x01\x05\x03\x02", b"\x28\x03\x07\x02", b"\x05\0\x02\0",
                           b"\x03\x02\x05\x09\x02\x02\x01\x28"])
    offset = (fixed + len(options)) // 4 if dice.random() < 0.85 else dice.choice([0, 3, 60, 255])
    head = ports + struct.pack("!BBHBBH", offset, 0, 0, kind << 1 | extended, 0, 1)
    return 33, head + bytes(fixed - 12) + options + dice.choice(TEXTS)


def extension(dice, kind, following):
    """One IPv6 extension header."""
    if kind == FRAGMENT:
        return struct.pack("!BBHI", following, 0, dice.choice([0, 0, 1, 8, 9]), 7)
    if kind == AH:
        body = struct.pack("!HII", dice.choice([0, 0, 1]), dice.choice([1, 100, 101]), 1) + bytes(dice.choice([4, 12]))
        return struct.pack("!BB", following, (len(body) + 2) // 4 - 2) + body
    if kind == ROUTING:
        tails = dice.choice([[], [1], [1, 2], [1, 2, 3], [2, 1], [1, 1, 3], [3, 1]])
        count = len(tails)
        addresses = b"".join(struct.pack("!QQ", 0, tail) for tail in tails)
        rtype = dice.choice([0, 0, 4, 4, 2])
        left = dice.choice([0, 1, count, max(0, count - 1), 3])
        rest = struct.pack("!BBH", max(0, count - 1), 0, dice.choice([0, 1, 256]))
        if rtype == 0:
            rest = struct.pack("!I", dice.choice([0, 0, 1]))
        return struct.pack("!BBBB", following, count * 2, rtype, left) + rest + addresses
    lists = [b"\x01\x04\0\0\0\0", b"\x05\x02\0\0\x01\0", b"\0\0\x01\x02\0\0", b"\x04\x01\0\x01\x01\0",
             b"\x01\x0c" + bytes(12), b"\x01\x02\0\0\0\0" + b"\x04\x06" + bytes(6)]
    if kind == DESTINATION:
        lists += [b"\xc9\x10" + bytes(16) + b"\x01\x02\0\0", b"\x04\x20\0\0\0\0", b"\x01\xff\0\0\0\0"]
    options = dice.choice(lists)
    return struct.pack("!BB", following, (len(options) + 2) // 8 - 1) + options


def frame6(dice):
    upper, payload = transport(dice)
    kinds = dice.sample([DESTINATION, ROUTING, ROUTING, FRAGMENT, AH, DESTINATION], dice.randrange(0, 4))
    if dice.random() < 0.4:
        kinds.insert(0, HOP)
    if dice.random() < 0.1:
        upper, payload = NONE, dice.choice([b"", b"\0" * 4])
    chain = b""
    following = upper
    for kind in reversed(kinds):
        header = bytearray(extension(dice, kind, following))
        if dice.random() < 0.1 and kind != HOP:
            header[1] = dice.choice([0, 1, 3, 40])
        chain = bytes(header) + chain
        following = kind
    whole = chain + payload
    if dice.random() < 0.3:
        whole = whole[:dice.randrange(len(whole) + 1)]
    source = bytearray(socket.inet_pton(socket.AF_INET6, SOURCE6))
    if dice.random() < 0.3:
        source[8:] = bytes.fromhex("000000fffe000001")
        source[8] = dice.choice([0, 2])
    head = struct.pack("!IHBB", 6 << 28, len(whole), following, 64) + bytes(source)
    return head + socket.inet_pton(socket.AF_INET6, scenario.WAN6) + whole


def frame4(dice):
    upper, payload = transport(dice)
    if dice.random() < 0.12:
        upper = AH
        payload = struct.pack("!BBHIII", 6, 4, 0, dice.choice([0, 100, 101]), 1, 0) + payload
    if dice.random() < 0.3:
        payload = payload[:dice.randrange(len(payload) + 1)]
    options = dice.choice([b"", b"", b"", b"\x01\x01\x01\0", b"\x94\x04\0\0"])
    offset = dice.choice([0] * 12 + [0x2000, 1, 5])
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 1, offset, 64, upper, 0)
    head += socket.inet_pton(socket.AF_INET, SOURCE4) + socket.inet_pton(socket.AF_INET, scenario.WAN) + options
    return packets.fix_ip_csum(head + payload)


def numbers(found):
    return " ".join(map(str, found)) or "-"


def answer(family, frames, rule):
    rules = scenario.mangle("-A PREROUTING %s -j NFLOG --nflog-group 1" % rule)
    sent = [scenario.rx("eth0", frame) for frame in frames]
    results = scenario.run(sent, **{"rules" if family == 4 else "rules6": rules})[0]
    taken, dropped, refused = [], [], []
    for number, result in enumerate(results, 1):
        if result.get("where") == "before-PREROUTING":
            refused.append(number)
        elif result.get("where") == "PREROUTING":
            dropped.append(number)
        elif result.get("nflog"):
            taken.append(number)
    return taken, dropped, refused


def main():
    parts = sys.argv[1:]
    folder = os.path.join(REPO, "Fixtures", "MatchAnswers")
    for family, make, rules in ((4, frame4, RULES4), (6, frame6, RULES6)):
        dice = random.Random(family)
        frames = [make(dice) for _ in range(500)]
        lines = []
        for rule in rules:
            if parts and not any(part in rule for part in parts):
                continue
            taken, dropped, refused = answer(family, frames, rule)
            if not lines:
                lines.append("refused ; %s" % numbers(refused))
            lines.append("%s ; %s ; %s" % (rule, numbers(taken), numbers(dropped)))
            print(lines[-1], flush=True)
        if not parts:
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, "ipv%d.answers" % family), "w") as file:
                file.write("\n".join(lines) + "\n")
            with open(os.path.join(folder, "ipv%d.frames" % family), "w") as file:
                for frame in frames:
                    file.write(scenario.rx("eth0", frame)[1].hex() + "\n")


main()
