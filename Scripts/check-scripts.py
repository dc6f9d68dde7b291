#!/usr/bin/env python3
"""Runs the scripts of Fixtures/FirewallScripts as a shell does, and compares what the kernel then holds.

Each NAME.sh runs with /bin/sh in an empty network namespace that dies with this program, where iptables and ip6tables
are the legacy ones. What iptables-save and ip6tables-save print is held against NAME.saved, less comment lines and
counters; --write writes it. Needs root, Linux, iptables 1.8.9. Exit code 1 if a script differs.
"""
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CLONE_NEWNET = 0x40000000
TABLES = ["raw", "mangle", "nat", "filter", "security"]


def unshare():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        os._exit(3)


def saved(script, programs):
    """What both families hold, table by table in the order of TABLES, after the script ran."""
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    pipe_out, pipe_in = os.pipe()
    child = os.fork()
    if child == 0:
        unshare()
        subprocess.run(["/bin/sh", script], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = ""
        for program in ("iptables", "ip6tables"):
            names = pathlib.Path(f"/proc/net/{program.replace('tables', '_tables')}_names").read_text().split()
            text += f"# {program}-save\n"
            for table in sorted(names, key=TABLES.index):
                listed = subprocess.run([f"{program}-legacy-save", "-t", table], capture_output=True).stdout.decode()
                for line in listed.split("\n"):
                    if line and not line.startswith("#"):
                        text += (line.rsplit(" ", 1)[0] + " [0:0]" if line.startswith(":") else line) + "\n"
        os.write(pipe_in, text.encode())
        os._exit(0)
    os.close(pipe_in)
    with os.fdopen(pipe_out) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "Fixtures" / "FirewallScripts"
    wrong = 0
    with tempfile.TemporaryDirectory() as programs:
        for name in ("iptables", "ip6tables"):
            os.symlink(shutil.which(f"{name}-legacy"), f"{programs}/{name}")
        scripts = sorted(folder.glob("*.sh"))
        for script in scripts:
            held = saved(script, programs)
            expected = script.with_suffix(".saved")
            if "--write" in sys.argv:
                expected.write_text(held)
            elif held != expected.read_text():
                wrong += 1
                print(f"{script}: the kernel holds something else:\n{held}")
        print(f"{len(scripts)} scripts, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
