#!/usr/bin/env python3
"""Ask the Linux kernel what it does with the sample captures under the sample rules.

    kernel-goldens.py [ORACLE] [--only NAME] [--check]

Writes Fixtures/Kernel/NAME.counters, NAME.verdicts and index.json. ORACLE (or the
environment variable GATEHOUSE_ORACLE) is the folder of kernel_oracle.py, a program
that replays captures through netfilter in throwaway network namespaces; the default
is ../shared/oracle beside this repository. Needs root. With --check every replay is
done twice, once as fast as possible and once at the captures' own speed, and must
give the same answer: no rule may depend on how fast the packets come.
"""
import argparse
import ipaddress
import json
import os
import sys

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(REPO, "Fixtures", "Kernel")

LAPTOP = [("eth0", "auto", "laptop.pcap")]
SERVER = [("eth0", "auto", "web-server.pcap")]
HOME = [("lan0", "auto", "home-router-lan.pcap"), ("wan0", "auto", "home-router-wan.pcap")]
HOME_IN = [("lan0", "in", "home-router-lan-in.pcap"), ("wan0", "in", "home-router-wan-in.pcap")]
DMZ = [("lan0", "auto", "dmz-lan.pcap"), ("dmz0", "auto", "dmz-dmz.pcap"), ("wan0", "auto", "dmz-wan.pcap")]
DMZ_IN = [("lan0", "in", "dmz-lan-in.pcap"), ("dmz0", "in", "dmz-dmz-in.pcap"), ("wan0", "in", "dmz-wan-in.pcap")]

# name of the capture set, rule set, host, captures, what becomes of packets the host makes itself
RUNS = [
    ("laptop", "laptop", "laptop", LAPTOP, "capture"),
    ("laptop", "bad", "laptop", LAPTOP, "capture"),
    ("web-server", "web-server", "web-server", SERVER, "capture"),
    ("home-router", "home-router", "home-router", HOME, "capture"),
    ("home-router", "stateless-edge", "home-router", HOME, "capture"),
    ("home-router-in", "home-router", "home-router", HOME_IN, "make"),
    ("home-router-in", "stateless-edge", "home-router", HOME_IN, "make"),
    ("dmz", "dmz", "dmz", DMZ, "capture"),
    ("dmz", "stateless-edge", "dmz", DMZ, "capture"),
    ("dmz-in", "dmz", "dmz", DMZ_IN, "make"),
    ("dmz-in", "stateless-edge", "dmz", DMZ_IN, "make"),
    # the wrong host: its routes send the DMZ's addresses back out of wan0
    ("dmz-outer-legs", "stateless-edge", "home-router", [DMZ[0], DMZ[2]], "capture"),
]
CONF = ("rp_filter", "accept_local", "route_localnet", "accept_source_route", "accept_redirects", "send_redirects",
        "bc_forwarding", "src_valid_mark")


def load(name, *file):
    with open(os.path.join(REPO, "Fixtures", "Hosts", name, *file)) as f:
        return f.read()


def solicited_node_groups(addresses, name):
    """The groups neighbour solicitations for these addresses go to.

    A host joins them by itself, but not on the oracle's interfaces, which do no neighbour
    discovery (NOARP). A router also has the subnet-router anycast address of each network.
    """
    last = [ipaddress.ip_address(a["local"]).packed[-3:] for a in addresses if a["family"] == "inet6"]
    if "net.ipv6.conf.all.forwarding = 1" in load(name, "sysctl.conf"):
        last.append(bytes(3))
    prefix = ipaddress.ip_address("ff02::1:ff00:0").packed[:13]
    return sorted({str(ipaddress.ip_address(prefix + tail)) for tail in last})


def host_of(name):
    """The oracle's description of a host, from its snapshot folder."""
    host = {"interfaces": [], "routes": [], "sysctls": {}}
    for link in json.loads(load(name, "addr.json")):
        if link["ifname"] == "lo":
            continue
        host["interfaces"].append({
            "name": link["ifname"], "mac": link["address"], "mtu": link["mtu"],
            "addresses": ["%s/%d" % (a["local"], a["prefixlen"]) for a in link["addr_info"] if a["scope"] == "global"],
            "multicast": solicited_node_groups(link["addr_info"], name)})
    for file, family in (("route.json", ""), ("route6.json", "-6 ")):
        for r in json.loads(load(name, file)):
            if r.get("protocol") == "kernel" or r.get("table") == "local" or not family and ":" in r["dst"] + r.get("gateway", ""):
                continue
            words = [r["dst"]] + [w for k, n in (("gateway", "via"), ("dev", "dev")) if k in r for w in (n, r[k])]
            host["routes"].append(family + " ".join(words))
    for line in load(name, "sysctl.conf").splitlines():
        key, _, value = line.partition(" = ")
        part = key.split(".")
        if key == "net.ipv4.ip_forward":
            host["sysctls"]["ip_forward"] = int(value)
        elif key == "net.ipv6.conf.all.forwarding":
            host["sysctls"]["ip6_forward"] = int(value)
        elif part[:3] == ["net", "ipv4", "conf"] and part[-1] in CONF and part[3] != "lo":
            host["sysctls"][key.replace(".", "/")] = value
        elif part[1] == "netfilter" and part[-1] in ("nf_conntrack_tcp_loose", "nf_conntrack_tcp_be_liberal", "nf_conntrack_checksum"):
            host["sysctls"][part[-1]] = int(value)
    return host


def line_of(r):
    if r.get("reason") == "egress-copy":
        verdict = "egress-copy"
    elif r.get("reason") == "not-ip":
        verdict = "not-ip"
    else:
        verdict = r["verdict"]
    where = r.get("where")
    if r.get("reject"):
        where = "%s:%s" % (where, r["reject"])
    return "%d %s %s %s %s" % (r["n"], verdict, r.get("path") or "-", where or "-", r.get("state") or "-")


def run(oracle, capset, rules, host, captures, replies, speed):
    folder = os.path.join(REPO, "Fixtures", "Captures")
    paths = [os.path.join(REPO, "Rules", "%s.%s" % (rules, f)) for f in ("v4", "v6")]
    paths = [p if os.path.exists(p) else None for p in paths]
    results, counters, _ = oracle.replay(
        host_of(host), [(i, m, os.path.join(folder, f)) for i, m, f in captures], paths[0], paths[1],
        replies={"capture": "drop", "make": "keep"}[replies], speed=speed)
    name = "%s--%s" % (rules, capset)
    entry = {
        "name": name, "rules": "Rules/%s.v4" % rules, "rules6": "Rules/%s.v6" % rules if paths[1] else None, "host": host,
        "captures": [{"iface": i, "mode": m, "file": "Fixtures/Captures/" + f} for i, m, f in captures],
        "replies": replies, "packets": len(results)}
    spec = " ".join("%s%s=%s" % (c["iface"], "" if c["mode"] == "auto" else ":" + c["mode"], c["file"]) for c in entry["captures"])
    header = "# rules=%s rules6=%s host=Fixtures/Hosts/%s replies=%s packets=%d captures: %s\n" % (
        entry["rules"], entry["rules6"] or "-", host, replies, len(results), spec)
    header += "# n verdict path where state\n"
    return entry, counters, header + "".join(line_of(r) + "\n" for r in results)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("oracle", nargs="?", default=os.environ.get("GATEHOUSE_ORACLE", os.path.join(REPO, "..", "shared", "oracle")))
    parser.add_argument("--only", metavar="NAME")
    parser.add_argument("--check", action="store_true")
    a = parser.parse_args()
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.abspath(a.oracle))
    import kernel_oracle
    os.makedirs(OUT, exist_ok=True)
    index, bad = [], 0
    for r in RUNS:
        if a.only and a.only != "%s--%s" % (r[1], r[0]):
            continue
        entry, counters, verdicts = run(kernel_oracle, *r, speed=0.0)
        if a.check:
            slow = run(kernel_oracle, *r, speed=1.0)
            if slow[1:] != (counters, verdicts):
                print("%s: depends on the speed" % entry["name"], file=sys.stderr)
                bad = 1
        print("%s: %d packets" % (entry["name"], entry["packets"]), file=sys.stderr)
        index.append(entry)
        for ending, text in (("counters", counters), ("verdicts", verdicts)):
            with open(os.path.join(OUT, "%s.%s" % (entry["name"], ending)), "w") as f:
                f.write(text)
    if not a.only:
        with open(os.path.join(OUT, "index.json"), "w") as f:
            json.dump(index, f, indent=1)
            f.write("\n")
    return bad


if __name__ == "__main__":
    sys.exit(main())
