#!/usr/bin/env python3
"""Holds `gatehouse replay` against the Linux kernel, packet by packet, on recorded scenarios.

    judge-captures.py GATEHOUSE RULES SCENARIO...

GATEHOUSE is the program, RULES a name in Rules/ (RULES.v4 and RULES.v6), a SCENARIO a folder that holds
scenario.json (the router's `ip -j addr` and `ip -j route`) and captures named for its interfaces' roles. The kernel's
answer comes from kernel_oracle.py in the folder that GATEHOUSE_ORACLE names (default: ../shared/oracle beside this
repository), which replays captures through netfilter in throwaway network namespaces. Neither side makes replies of the
router's own, as the captures hold them. Needs root. Exit 1 if verdict or
path of any packet differ.
"""
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ORACLE = os.environ.get("GATEHOUSE_ORACLE", os.path.join(REPO, "..", "shared", "oracle"))
SYSCTLS = ("net.ipv4.ip_forward = 1", "net.ipv6.conf.all.forwarding = 1",
           "net.ipv4.conf.all.send_redirects = 0", "net.ipv4.conf.default.send_redirects = 0")
WORDS = {"ROUTED-AWAY": "drop", "MALFORMED": "drop"}


def solicited_node_groups(addresses):
    """The groups that a router joins for neighbour discovery; the oracle's interfaces do none by themselves."""
    tails = [ipaddress.ip_address(a["local"]).packed[-3:] for a in addresses if a["family"] == "inet6"] + [bytes(3)]
    prefix = ipaddress.ip_address("ff02::1:ff00:0").packed[:13]
    return sorted({str(ipaddress.ip_address(prefix + tail)) for tail in tails})


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def snapshot(router, folder):
    """The router as gatehouse wants it."""
    write(os.path.join(folder, "addr.json"), json.dumps(router["ip_addr"]))
    write(os.path.join(folder, "route.json"), json.dumps(router["ip_route"]))
    write(os.path.join(folder, "route6.json"), json.dumps(router.get("ip6_route") or []))
    write(os.path.join(folder, "sysctl.conf"), "\n".join(SYSCTLS) + "\n")


def oracle_host(router):
    """The router as the oracle wants it."""
    host = {"interfaces": [], "routes": [], "sysctls": {"ip_forward": 1, "ip6_forward": 1}}
    for link in router["ip_addr"]:
        if link["ifname"] == "lo":
            continue
        addresses = ["%s/%d" % (a["local"], a["prefixlen"]) for a in link["addr_info"] if a["scope"] == "global"]
        host["interfaces"].append({
            "name": link["ifname"], "mac": link["address"], "mtu": link["mtu"], "addresses": addresses,
            "multicast": solicited_node_groups(link["addr_info"])})
    for key, family in (("ip_route", ""), ("ip6_route", "-6 ")):
        for route in router.get(key) or []:
            if route.get("protocol") != "kernel":
                words = [w for k, n in (("gateway", "via"), ("dev", "dev")) if k in route for w in (n, route[k])]
                host["routes"].append(family + " ".join([route["dst"]] + words))
    return host


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def our_word(row):
    if row["verdict"] == "REJECT" and "reject" not in row:
        return "drop"
    return WORDS.get(row["verdict"], row["verdict"].lower())


def kernel_word(row):
    return row.get("reason") if row["verdict"] == "ignored" else row["verdict"]


def judge(program, rules, scenario):
    """Prints what differs; returns (packets, differences)."""
    with open(os.path.join(scenario, "scenario.json")) as file:
        router = json.load(file)["router"]
    captures = []
    for role, interface in sorted(router["interfaces"].items()):
        path = os.path.join(scenario, role + ".pcap")
        if os.path.exists(path):
            captures += ["--capture", "%s=%s" % (interface, path)]
    rules4, rules6 = (os.path.join(REPO, "Rules", rules + end) for end in (".v4", ".v6"))
    with tempfile.TemporaryDirectory() as folder:
        snapshot(router, folder)
        host = os.path.join(folder, "host.json")
        answer = os.path.join(folder, "answer.jsonl")
        write(host, json.dumps(oracle_host(router)))
        subprocess.run(
            [sys.executable, os.path.join(ORACLE, "kernel_oracle.py"), "--host", host, "--rules", rules4,
             "--rules6", rules6, "--out", answer] + captures, check=True, stdout=subprocess.DEVNULL)
        ours = rows(subprocess.run(
            [program, "replay", rules4, "--rules6", rules6, "--host", folder, "--format", "jsonl",
             "--replies", "capture"] + captures,
            check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout)
        with open(answer) as file:
            kernel = rows(file.read())
    differences = abs(len(ours) - len(kernel))
    for mine, its in zip(ours, kernel):
        if our_word(mine) != kernel_word(its) or mine.get("path") != its.get("path"):
            differences += 1
            print("%s packet %d: %s %s, the kernel says %s %s" % (
                os.path.basename(scenario), mine["n"], our_word(mine), mine.get("path"), kernel_word(its),
                its.get("path")))
    return len(ours), differences


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    totals = [judge(sys.argv[1], sys.argv[2], scenario.rstrip("/")) for scenario in sys.argv[3:]]
    packets, differences = (sum(column) for column in zip(*totals))
    print("%d packets, %d differ" % (packets, differences))
    sys.exit(1 if differences else 0)


main()
