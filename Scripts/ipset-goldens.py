#!/usr/bin/env python3
"""Records what ipset and the kernel make of sets: of commands, and of packets that rules look up.

    ipset-goldens.py record [FILE...]      writes what the kernel says into Fixtures/AddressSets/*.table and *.lookups
    ipset-goldens.py check [FILE...]       says which files it would write otherwise

Fixtures/AddressSets/README.md tells the formats. All happens in a network namespace that dies with this program. Needs
root, Linux, ipset 7.17 and iptables 1.8.9.
"""
import ctypes
import os
import pathlib
import random
import re
import shlex
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Fixtures" / "AddressSets"
PROGRAMS = {"ipv4": "iptables-legacy", "ipv6": "ip6tables-legacy"}
MACS = {"eth0": "02:00:00:00:00:01", "eth1": "02:00:00:00:00:02"}


def run(*words, text=None):
    return subprocess.run(words, input=text.encode() if text else None, capture_output=True)


def saved_sets():
    """What ipset save prints, elements sorted, without what is random."""
    text = run("ipset", "save").stdout.decode()
    text = re.sub(r" initval 0x[0-9a-f]{8}", "", text)
    return text.rstrip("\n").split("\n") if text else []


def ask(commands):
    """Whether ipset takes commands, and the sets then."""
    run("ipset", "flush")
    run("ipset", "destroy")
    taken = True
    for command in commands:
        # The restore of 7.17 forgets -exist on some lines; a quote that isn't closed only it can have.
        if command.count('"') % 2:
            taken = taken and run("ipset", "restore", text=command + "\n").returncode == 0
        else:
            taken = taken and run("ipset", *shlex.split(command)).returncode == 0
    return taken, saved_sets()


def record_table(path):
    lines = []
    for line in path.read_text().split("\n"):
        if not line or line.startswith("#"):
            lines.append(line)
            continue
        commands = line.split(" ; ")[0]
        taken, saved = ask(commands.split(" | "))
        order = sorted([w for w in saved if w.startswith("add ")])
        if any(w.startswith("create ") and " list:set " in w for w in saved):
            order = [w for w in saved if w.startswith("add ")]
        text = " | ".join([w for w in saved if w.startswith("create ")] + order)
        lines.append(f"{commands} ; {text} ; OK" if taken else f"{commands} ; ; FAIL")
    return "\n".join(lines)


# Lookups

def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def upper(rng, number, isv6):
    port = lambda: rng.choice([20, 22, 53, 80, 81, 443, 8080, 40000])
    if number in (6, 17, 132, 33, 136):
        head = struct.pack("!HH", port(), port())
        return head + {6: struct.pack("!IIBBHHH", 1, 1, 0x50, 2, 100, 0, 0), 17: struct.pack("!HH", 8, 0),
                       132: b"\0" * 8, 33: b"\0" * 8, 136: struct.pack("!HH", 8, 0)}[number]
    if number == 1:
        return struct.pack("!BBHHH", *rng.choice([(8, 0), (0, 0), (3, 1), (3, 99), (11, 0)]), 0, 1, 1)
    if number == 58:
        return struct.pack("!BBHHH", *rng.choice([(128, 0), (129, 0), (1, 4), (2, 0), (135, 0)]), 0, 1, 1)
    return b"\0" * 16


def frame(rng, family):
    """A packet with addresses, ports and protocols out of a small stock."""
    number = rng.choice([6, 6, 6, 17, 17, 1 if family == "ipv4" else 58, 132, 33, 136, 47, 50])
    body = upper(rng, number, family == "ipv6")
    if rng.random() < 0.05:
        body = body[: rng.choice([0, 2, 4, 7])]
    source = rng.choice(["02:aa:00:00:00:0%d" % i for i in range(1, 5)])
    iface = rng.choice(["eth0", "eth0", "eth1"])
    head = bytes.fromhex(MACS[iface].replace(":", "")) + bytes.fromhex(source.replace(":", ""))
    if family == "ipv4":
        pool = ["10.0.0.%d" % i for i in range(1, 20)] + ["10.0.1.7", "10.1.2.3", "10.1.2.200", "10.200.0.1",
                "192.168.0.1", "192.168.1.1", "203.0.113.5", "1.2.3.4"]
        pick = lambda: socket.inet_pton(socket.AF_INET, rng.choice(pool))
        fragment = rng.choice([0] * 12 + [0x2000, 0x2001, 0x0007])
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64, number, 0)
        ip += (b"\0\0\0\0" if rng.random() < 0.03 else pick()) + pick()
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        return iface, head + b"\x08\x00" + ip + body
    pool = ["2001:db8::%x" % i for i in range(1, 12)] + ["2001:db8:0:1::7", "2001:db8:1::9", "fd00::1", "2001:db9::1"]
    pick = lambda: socket.inet_pton(socket.AF_INET6, rng.choice(pool))
    next_header = number
    if rng.random() < 0.15:
        body = struct.pack("!BBHI", number, 0, rng.choice([0, 1, 8, 9, 64]), 5) + body
        next_header = 44
    elif rng.random() < 0.1:
        body = bytes([number, 0, 1, 4, 0, 0, 0, 0]) + body
        next_header = 60
    ip = struct.pack("!IHBB", 6 << 28, len(body), next_header, 64) + pick() + pick()
    return iface, head + b"\x86\xdd" + ip + body


def rule_counts(family):
    text = run(f"{PROGRAMS[family]}-save", "-c", "-t", "raw").stdout.decode()
    return [int(line[1:].split(":")[0]) for line in text.split("\n") if "-A PREROUTING" in line]


def record_lookups(path):
    """The lines up to the packets are kept; packets come from the file's seed, and the answers from the kernel."""
    head, sets, rules, family, seed, count = [], [], [], "ipv4", 1, 100
    for line in path.read_text().split("\n"):
        if line.startswith(">") or line.startswith("="):
            break
        head.append(line)
        word, _, rest = line.partition(" ")
        if word == "set":
            sets.append(rest)
        elif word == "rule":
            rules.append(rest)
        elif word == "packets":
            family, seed, count = rest.split()[0], int(rest.split()[1]), int(rest.split()[2])
    while head and not head[-1]:
        head.pop()
    program = PROGRAMS[family]
    for other in PROGRAMS.values():
        run(other, "-w", "-t", "raw", "-F")
    run("ipset", "flush")
    run("ipset", "destroy")
    loaded = run("ipset", "restore", text="\n".join(sets) + "\n")
    assert loaded.returncode == 0, f"{path}: {loaded.stderr.decode()}"
    text = "*raw\n:PREROUTING ACCEPT [0:0]\n" + "".join(f"-A PREROUTING {rule}\n" for rule in rules) + "COMMIT\n"
    loaded = run(f"{program}-restore", text=text)
    assert loaded.returncode == 0, f"{path}: {loaded.stderr.decode()}"
    rng = random.Random(seed)
    lines = []
    before = rule_counts(family)
    for _ in range(count):
        iface, data = frame(rng, family)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind((iface + "p", 0))
            sender.send(data)
        now = rule_counts(family)
        hits = [str(i + 1) for i, (a, b) in enumerate(zip(before, now)) if a != b]
        before = now
        lines.append(f"> {iface} {data.hex()} : {' '.join(hits)}".rstrip())
    for words in sorted(w for w in saved_sets() if w.startswith("add ")):
        lines.append("= " + words)
    run(program, "-w", "-t", "raw", "-F")
    return "\n".join(head + lines) + "\n"


def prepare():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        sys.exit(f"no namespace of its own: {os.strerror(ctypes.get_errno())}")
    for name, mac in MACS.items():
        run("ip", "link", "add", name, "address", mac, "type", "veth", "peer", "name", name + "p")
        run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=0", f"net.ipv6.conf.{name}p.disable_ipv6=1",
            f"net.ipv6.conf.{name}.accept_dad=0", f"net.ipv6.conf.{name}.router_solicitations=0")
        for end in (name, name + "p"):
            run("ip", "link", "set", end, "up")
    time.sleep(2.5)


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ("record", "check"):
        sys.exit(__doc__)
    paths = [pathlib.Path(p) for p in sys.argv[2:]] or sorted(
        p for p in [*FOLDER.glob("*.table"), *FOLDER.glob("*.lookups")] if not p.name.startswith("unjudged"))
    prepare()
    different = 0
    for path in paths:
        text = record_table(path) if path.suffix == ".table" else record_lookups(path)
        if text == path.read_text():
            continue
        different += 1
        print(f"{path}: {'written' if sys.argv[1] == 'record' else 'differs'}")
        if sys.argv[1] == "record":
            path.write_text(text)
    sys.exit(1 if different and sys.argv[1] == "check" else 0)


if __name__ == "__main__":
    main()
