#!/usr/bin/env python3
"""Asks the kernel whether the tables of matches and targets tell the truth.

Each case of Fixtures/Matches/*.table, Fixtures/Targets/*.table and Fixtures/RuleCommands/*.table is loaded with
iptables-legacy-restore or ip6tables-legacy-restore into an empty network namespace that dies with this program, and
printed by the matching -save.
A table whose first line begins with "# unjudged:" says why no kernel here could judge it, and is left out.
Needs root, Linux, iptables 1.8.9. Usage: check-tables.py [TABLE...]; exit code 1 if a case is wrong.
"""
import ctypes
import os
import pathlib
import socket
import struct
import subprocess
import sys

CLONE_NEWNET = 0x40000000
PROGRAMS = {"ipv4": "iptables-legacy", "ipv6": "ip6tables-legacy"}
ACCOUNTING_OBJECTS = ["test", "a test", "a234567890123456789012345678901"]
BUILT_IN = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}


def cases(path):
    """Yields (line number, family, table, chain, rules before it, rule, saved or None)."""
    places = []
    before = []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("+"):
            continue
        if line.startswith(":"):
            families, table, chains = line[1:].split()
            places = [(f, table, c) for f in families.split(",") for c in chains.split(",")]
            before = []
            continue
        if line.startswith("%"):
            before = [*before, line[1:].strip()]
            continue
        rule, saved, result = (part.strip() for part in line.rsplit(";", 2))
        assert result in ("OK", "FAIL") and places, f"{path}:{number}: {line}"
        for place in places:
            yield (number, *place, before, rule, (rule if saved == "=" else saved) if result == "OK" else None)


def clear_rules():
    """No rule keeps a set from being destroyed."""
    for program in PROGRAMS.values():
        for table in ("filter", "mangle", "raw", "nat"):
            subprocess.run([program, "-w", "-t", table, "-F"], capture_output=True)


def make_sets(path):
    """Makes the sets that the lines with + say, and none else."""
    lines = [line[1:] for line in path.read_text().split("\n") if line.startswith("+")]
    for command in (["ipset", "flush"], ["ipset", "destroy"]):
        subprocess.run(command, capture_output=True)
    if lines:
        subprocess.run(["ipset", "restore"], input="\n".join(lines + [""]).encode(), check=True)


def run(family, table, chain, before, rule):
    """Returns (what the kernel saved or None, the error)."""
    program = PROGRAMS[family]
    declaration = "" if chain in BUILT_IN else f":{chain} - [0:0]\n"
    rules = "".join(f"-A {chain} {line}\n" for line in [*before, rule])
    text = f"*{table}\n{declaration}{rules}COMMIT\n"
    loaded = subprocess.run([f"{program}-restore", "-w", "10"], input=text.encode(), capture_output=True)
    if loaded.returncode:
        return None, loaded.stderr.decode(errors="replace").strip().split("\n")[0]
    listed = subprocess.run([f"{program}-save", "-t", table], capture_output=True).stdout.decode()
    prefix = f"-A {chain}"
    saved = [line[len(prefix):].strip() for line in listed.split("\n") if line.startswith("-A ")]
    assert len(saved) == len(before) + 1, listed
    return saved[-1], ""


def make_accounting_object(name):
    """As `nfacct add` does: NFNL_MSG_ACCT_NEW of linux/netfilter/nfnetlink_acct.h."""
    value = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(value), 1) + value + b"\0" * (-len(value) % 4)
    body = struct.pack("=BBH", 0, 0, 0) + attribute
    request, acknowledge, create = 1, 4, 0x400
    header = struct.pack("=IHHII", 16 + len(body), 7 << 8, request | acknowledge | create, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
        netlink.send(header + body)
        error = struct.unpack_from("=i", netlink.recv(4096), 16)[0]
    if error:
        print(f"no accounting object {name}: {os.strerror(-error)}")


def command_cases(path):
    """Yields (line number, commands, saved lines or None)."""
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        commands, saved, result = (part.strip() for part in line.rsplit(";", 2))
        assert result in ("OK", "FAIL"), f"{path}:{number}: {line}"
        yield number, commands, saved if result == "OK" else None


def run_commands(commands):
    """Returns (what the kernel saved or None, the error)."""
    policies = "".join(f":{chain} ACCEPT [0:0]\n" for chain in ("INPUT", "FORWARD", "OUTPUT"))
    lines = commands.replace(" | ", "\n")
    text = f"*filter\n{policies}{lines}\nCOMMIT\n"
    loaded = subprocess.run(["iptables-legacy-restore", "-c"], input=text.encode(), capture_output=True)
    if loaded.returncode:
        return None, loaded.stderr.decode(errors="replace").strip().split("\n")[0]
    listed = subprocess.run(["iptables-legacy-save", "-c", "-t", "filter"], capture_output=True).stdout.decode()
    saved = [line.removeprefix("[0:0] ") for line in listed.split("\n")
             if line[:1] in (":", "[") and not line.endswith(" ACCEPT [0:0]")]
    return " | ".join(saved), ""


def main():
    root = pathlib.Path(__file__).resolve().parent.parent / "Fixtures"
    paths = [pathlib.Path(p) for p in sys.argv[1:]]
    paths = paths or sorted(
        [*root.glob("Matches/*.table"), *root.glob("Targets/*.table"), *root.glob("RuleCommands/*.table")])
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        sys.exit(f"no namespace of its own: {os.strerror(ctypes.get_errno())}")
    for name in ACCOUNTING_OBJECTS:
        make_accounting_object(name)
    total = wrong = skipped = 0
    for path in paths:
        first = path.read_text().split("\n", 1)[0]
        if first.startswith("# unjudged:"):
            print(f"{path}: {first[2:]}")
            continue
        if path.parent.name == "RuleCommands":
            for number, commands, expected in command_cases(path):
                total += 1
                saved, error = run_commands(commands)
                if saved != expected:
                    wrong += 1
                    print(f"{path}:{number}: {commands}")
                    print(f"    table:  {expected if expected is not None else 'FAIL'}")
                    print(f"    kernel: {saved if saved is not None else 'FAIL: ' + error}")
            continue
        clear_rules()
        make_sets(path)
        for number, family, table, chain, before, rule, expected in cases(path):
            total += 1
            saved, error = run(family, table, chain, before, rule)
            if "missing kernel module" in error:
                skipped += 1
                continue
            if saved != expected:
                wrong += 1
                print(f"{path}:{number}: {family} {table} {chain}: {rule}")
                print(f"    table:  {expected if expected is not None else 'FAIL'}")
                print(f"    kernel: {saved if saved is not None else 'FAIL: ' + error}")
    print(f"{total} cases, {wrong} wrong" + (f", {skipped} of modules that this kernel lacks" if skipped else ""))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
