#!/usr/bin/env python3
"""Holds the matches with memory against the Linux kernel: the counters of rules after packets with known pauses.

    judge-memories.py GATEHOUSE [SCENARIO...]

GATEHOUSE is the program. The kernel's answer comes from kernel_oracle.py in the folder that GATEHOUSE_ORACLE names
(default: ../shared/oracle beside this repository), which replays packets, pauses included, through netfilter in a
throwaway network namespace. The pauses are long against a tick of the kernel's clock, so that its phase doesn't matter.
Needs root, and about 20 s. Exit 1 if a counter differs.
"""
import os
import subprocess
import sys
import tempfile

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.environ.get("GATEHOUSE_ORACLE", os.path.join(REPO, "..", "shared", "oracle")))
from koracle import packets as P, pcap, scenario as S                                               # noqa: E402

A, B, C, SRV = "198.51.100.7", "198.51.100.8", "198.51.100.9", "10.0.0.5"
ACK = {"flags": "A", "seq": 1001, "ack": 1}


def syn(sport, src=A):
    return "eth0", P.tcp(src, SRV, sport, 80)


def back(l3):
    return "eth1", l3


def ping(src=A, **kw):
    return "eth0", P.udp(src, SRV, 1000, 2000, **kw)


def handshake(sport, src=A):
    return [syn(sport, src), back(P.tcp(SRV, src, 80, sport, "SA", seq=0, ack=1001)),
            ("eth0", P.tcp(src, SRV, sport, 80, **ACK))]


def counted(*matches):
    """Rules that only count."""
    return ["-A FORWARD %s" % m for m in matches]


def every(pause, *packets):
    return [(pause, p) for p in packets]


SCENARIOS = {
    "recent": (
        ["-A FORWARD -m recent --name a --rcheck --seconds 1 --hitcount 3",
         "-A FORWARD -m recent --name a --update --seconds 1 --hitcount 2",
         "-A FORWARD -m recent --name a ! --rcheck", "-A FORWARD -m recent --name a --set",
         "-A FORWARD -m recent --name b --rdest --mask 255.255.255.0 --set",
         "-A FORWARD -m recent --name b --rsource --rcheck",
         "-A FORWARD -m recent --name c ! --update --seconds 1", "-A FORWARD -m recent --name c --set",
         "-A FORWARD -s %s -m recent --name a --remove" % B],
        every(0.1, *[ping() for _ in range(6)], ping(B), ping(B), ping(C))
        + every(1.3, ping(), ping(B)) + every(0.1, ping(), ping())),
    "recent-ttl": (
        ["-A FORWARD -m recent --rcheck --rttl", "-A FORWARD -m recent --set"],
        every(0.05, ping(), ping(), ping(ttl=60), ping(ttl=60), ping())),
    "recent-reap": (
        ["-A FORWARD -m recent --rcheck --seconds 1 --reap", "-A FORWARD -m recent --rcheck",
         "-A FORWARD -m recent --set"],
        every(0.1, ping(), ping(B)) + every(1.4, ping(C), ping(C)) + every(0.1, ping(), ping(B))),
    "recent-eviction": (
        ["-A FORWARD -m recent --rcheck", "-A FORWARD -m recent --set"],
        every(0.002, *[ping("198.51.%d.7" % n) for n in range(120)], *[ping("198.51.%d.7" % n) for n in range(10)],
              *[ping("198.51.%d.7" % n) for n in range(110, 120)])),
    "hashlimit": (
        counted("-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name a",
                "-m hashlimit --hashlimit-above 5/sec --hashlimit-burst 2 --hashlimit-name b",
                "-m hashlimit --hashlimit-upto 10/min --hashlimit-burst 1 --hashlimit-mode srcip,dstport"
                " --hashlimit-srcmask 24 --hashlimit-name c"),
        every(0.05, *[ping() for _ in range(10)], *[ping(B) for _ in range(5)]) + every(0.9, ping(), ping(C))),
    "hashlimit-bytes": (
        counted("-m hashlimit --hashlimit-upto 1kb/s --hashlimit-mode srcip --hashlimit-name a",
                "-m hashlimit --hashlimit-upto 1kb/s --hashlimit-burst 3kb --hashlimit-mode srcip --hashlimit-name b",
                "-m hashlimit --hashlimit-above 1kb/s --hashlimit-name c --hashlimit-rate-match"),
        every(0.02, *[ping(data=b"x" * 300) for _ in range(16)]) + every(1.1, *[ping(data=b"x" * 600) for _ in range(3)])),
    "hashlimit-rate-match": (
        counted("-m hashlimit --hashlimit-above 4/sec --hashlimit-burst 1 --hashlimit-name a --hashlimit-rate-match"),
        every(0.03, *[ping() for _ in range(12)]) + every(1.1, ping()) + every(0.05, ping(), ping()) + every(1.2, ping())),
    "connlimit": (
        ["-A FORWARD -p tcp --syn -m connlimit --connlimit-above 2 -j REJECT --reject-with icmp-admin-prohibited",
         "-A FORWARD -p tcp -m connlimit --connlimit-upto 1 --connlimit-mask 24 --connlimit-daddr"],
        every(0.02, syn(1), syn(2), syn(3), syn(4), syn(1), syn(5, B), *handshake(6, C), *handshake(7, C),
              *handshake(8, C), ("eth0", P.tcp(C, SRV, 6, 80, "R", seq=1001)), *handshake(9, C))),
    "connbytes": (
        counted("-m connbytes --connbytes 2:3 --connbytes-dir both --connbytes-mode packets",
                "-m connbytes --connbytes 100 --connbytes-dir original --connbytes-mode bytes",
                "-m connbytes ! --connbytes 41:60 --connbytes-dir reply --connbytes-mode avgpkt"),
        every(0.01, *handshake(1), *handshake(2), ("eth0", P.tcp(A, SRV, 1, 80, data=b"x" * 200, **ACK)),
              ("eth0", P.tcp(B, SRV, 1, 80, "F")))),
    "connlabel": (
        ["-A FORWARD -m connlabel --label 7", "-A FORWARD -p tcp --dport 80 --tcp-flags SYN,ACK ACK -m connlabel --label 7 --set",
         "-A FORWARD -m connlabel ! --label 7"],
        every(0.01, *handshake(1), *handshake(2), back(P.tcp(SRV, A, 80, 1, "A", seq=1, ack=1001)),
              ("eth0", P.tcp(B, SRV, 1, 80, "F")))),
    "cluster": (
        counted(*["-m cluster --cluster-total-nodes 4 --cluster-local-node %d --cluster-hash-seed 0xdeadbeef" % (n + 1)
                  for n in range(4)],
                "-m cluster --cluster-total-nodes 4 ! --cluster-local-nodemask 5 --cluster-hash-seed 17"),
        every(0.002, *[ping("198.51.100.%d" % n) for n in range(2, 60)])),
    # Probes come where the average has settled, as nobody knows when the kernel takes its samples.
    "rateest": (
        ["-A FORWARD -j RATEEST --rateest-name a --rateest-interval 250ms --rateest-ewmalog 500ms",
         "-A FORWARD -s %s -m rateest --rateest a --rateest-gt --rateest-pps 30" % B,
         "-A FORWARD -s %s -m rateest --rateest a --rateest-lt --rateest-bps 800bit" % B],
        every(0.02, *[ping() for _ in range(100)], ping(B), ping(B)) + every(3, ping(B)) + every(0.02, ping(B))),
}


def kernel(rules, timed):
    text = S.filt(*rules)
    packets = [S.rx(interface, l3) for _, (interface, l3) in timed]
    _, counters, _ = S.run(packets, rules=text, gaps=[pause for pause, _ in timed])
    return text, [line for line in counters.split("\n") if "-A FORWARD" in line]


def ours(program, text, timed):
    with tempfile.TemporaryDirectory() as folder:
        captures, now = {}, 1.0
        for pause, (interface, l3) in timed:
            now += pause
            frame = P.eth(S.MACS[interface], S.PEER, l3)
            captures.setdefault(interface, []).append(pcap.Rec(now, frame, len(frame), 1, None))
        arguments = []
        for interface, records in captures.items():
            path = os.path.join(folder, interface + ".pcap")
            pcap.write(path, records)
            arguments += ["--capture", "%s:in=%s" % (interface, path)]
        rules = os.path.join(folder, "rules.v4")
        with open(rules, "w") as file:
            file.write(text)
        run = subprocess.run([program, "replay", rules, *arguments, "--hook", "FORWARD", "--counters", "-"],
                             capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stderr)
        return [line for line in run.stdout.split("\n") if "-A FORWARD" in line]


def judge(program, rules, timed):
    text, expected = kernel(rules, timed)
    actual = ours(program, text, timed)
    wrong = [pair for pair in zip(expected, actual) if pair[0] != pair[1]]
    return wrong + ([] if len(expected) == len(actual) else [(len(expected), len(actual))])


def main():
    program, names = sys.argv[1], sys.argv[2:] or sorted(SCENARIOS)
    differences = 0
    for name in names:
        rules, timed = SCENARIOS[name]
        wrong = judge(program, rules, timed)
        if wrong:               # the kernel's clock is the machine's: a busy one sends late
            wrong = judge(program, rules, timed)
        print("%s: %d packets, %d rules, %d differ" % (name, len(timed), len(rules), len(wrong)))
        for theirs, our in wrong:
            print("    kernel %s\n    ours   %s" % (theirs, our))
        differences += len(wrong)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
