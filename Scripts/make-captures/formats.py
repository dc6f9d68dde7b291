#!/usr/bin/env python3
"""Write the packets of ethernet.pcap in other capture formats:  formats.py FOLDER

The headers that no tool at hand captures here (VLAN tags, MPLS, PPP, 802.11, USB ...)
are put around the same IP packets byte by byte.
"""
import gzip
import os
import shutil
import struct
import subprocess
import sys

folder = sys.argv[1]
ETHERNET, NULL, PPP, RAW, LOOP, PPP_HDLC, IEEE80211, RADIOTAP, USB = 1, 0, 9, 101, 108, 50, 105, 127, 220
IPV4, IPV6 = 0x0800, 0x86DD


def read(name):
    with open(os.path.join(folder, name), "rb") as f:
        data = f.read()
    at, out = 24, []
    while at < len(data):
        sec, frac, kept, length = struct.unpack_from("<IIII", data, at)
        out.append((sec, frac, data[at + 16:at + 16 + kept], length))
        at += 16 + kept
    return out


def pcap(name, packets, link=ETHERNET, order="<", nano=False, snaplen=262144):
    """packets: (seconds, fraction, bytes, length on the wire)"""
    with open(os.path.join(folder, name), "wb") as f:
        f.write(struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link))
        for sec, frac, data, length in packets:
            f.write(struct.pack(order + "IIII", sec, frac, len(data), length) + data)


def wrapped(make, only=None):
    """Every IP packet of the conversation with make(ethertype, frame) around or instead of its Ethernet header."""
    out = []
    for sec, usec, frame, _ in base:
        kind = struct.unpack_from("!H", frame, 12)[0]
        if kind in (IPV4, IPV6) and only in (None, kind):
            data = make(kind, frame)
            out.append((sec, usec, data, len(data)))
    return out


# --- pcapng

def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def block(order, kind, body, options=()):
    body += b"\0" * (-len(body) % 4)
    if options:
        body += b"".join(option(order, c, v) for c, v in options) + b"\0\0\0\0"
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order, options=()):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), options)


def interface(order, link, snaplen, options=()):
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen), options)


def enhanced(order, number, ticks, data, length, options=()):
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), length)
    return block(order, 6, head + data, options)


def simple(order, data, length):
    return block(order, 3, struct.pack(order + "I", length) + data)


def put(name, data):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


base = read("ethernet.pcap")
whole = open(os.path.join(folder, "ethernet.pcap"), "rb").read()
nano = [(s, u * 1000 + 7 * n % 1000, d, l) for n, (s, u, d, l) in enumerate(base)]
server_mac = bytes.fromhex("020000000120")

# --- classic pcap in other byte orders, resolutions and lengths
pcap("big-endian.pcap", base, order=">")
pcap("nanosecond-big-endian.pcap", nano, order=">", nano=True)
pcap("snaplen-96.pcap", [(s, u, d[:96], l) for s, u, d, l in base], snaplen=96)

# --- pcapng
le, be = "<", ">"
words = section(le, [(1, b"Gatehouse sample"), (4, b"formats.py")])
words += interface(le, ETHERNET, 0, [(2, b"lan0"), (3, b"the inside"), (9, b"\x06")])
words += interface(le, ETHERNET, 0, [(2, b"wan0"), (3, b"the outside"), (9, b"\x09")])
for n, (sec, usec, data, length) in enumerate(base):
    sent = data[6:12] == server_mac
    flags = [(2, struct.pack("<I", 2 if sent else 1))]
    note = [(1, b"the first packet")] if n == 0 else []
    if n % 2:
        words += enhanced(le, 1, (sec * 1000000 + usec) * 1000 + 1, data, length, flags)
    else:
        words += enhanced(le, 0, sec * 1000000 + usec, data, length, note + flags)
# a third interface whose clock ticks 2^20 times a second and is set back by a whole hour (if_tsoffset)
words += interface(le, RAW, 0, [(2, b"tun0"), (9, b"\x94"), (14, struct.pack("<q", 3600))])
sec, usec, data, _ = wrapped(lambda kind, f: f[14:])[-1]
words += enhanced(le, 2, ((sec - 3600) << 20) + (usec << 20) // 1000000 + (1 << 20), data, len(data), [(2, struct.pack("<I", 1))])
put("two-interfaces.pcapng", words)

half = len(base) // 2
words = b""
for order, part, name in ((le, base[:half], b"eth0"), (be, base[half:], b"eth0")):
    words += section(order) + interface(order, ETHERNET, 0, [(2, name)])
    for sec, usec, data, length in part:
        words += enhanced(order, 0, sec * 1000000 + usec, data, length)
put("byte-orders.pcapng", words)

words = section(le) + interface(le, ETHERNET, 96)
for sec, usec, data, length in base:
    words += simple(le, data[:96], length)
put("simple-packets.pcapng", words)

# --- link types
ppp_proto = {IPV4: 0x0021, IPV6: 0x0057}
family = {IPV4: 2, IPV6: 30}                       # AF_INET and, on macOS, AF_INET6
pcap("raw.pcap", wrapped(lambda kind, f: f[14:]), RAW)
pcap("raw-ipv4.pcap", wrapped(lambda kind, f: f[14:], IPV4), 228)
pcap("raw-ipv6.pcap", wrapped(lambda kind, f: f[14:], IPV6), 229)
pcap("null.pcap", wrapped(lambda kind, f: struct.pack("<I", family[kind]) + f[14:]), NULL)
pcap("null-big-endian.pcap", wrapped(lambda kind, f: struct.pack(">I", family[kind]) + f[14:]), NULL, order=">")
pcap("loop.pcap", wrapped(lambda kind, f: struct.pack(">I", family[kind]) + f[14:]), LOOP)
pcap("ppp.pcap", wrapped(lambda kind, f: struct.pack("!H", ppp_proto[kind]) + f[14:]), PPP)
pcap("ppp-hdlc.pcap", wrapped(lambda kind, f: b"\xff\x03" + struct.pack("!H", ppp_proto[kind]) + f[14:]), PPP_HDLC)


def ip_only(f):
    """The IP packet without Ethernet padding."""
    size = struct.unpack_from("!H", f, 16)[0] if f[14] >> 4 == 4 else 40 + struct.unpack_from("!H", f, 18)[0]
    return f[14:14 + size]


def ether(f, kind, payload):
    return f[:12] + struct.pack("!H", kind) + payload


def pppoe(kind, f):
    ip = ip_only(f)
    return ether(f, 0x8864, struct.pack("!BBHHH", 0x11, 0, 0x1234, len(ip) + 2, ppp_proto[kind]) + ip)


def mpls(kind, f):
    two = struct.pack("!II", 1000 << 12 | 64, 2000 << 12 | 1 << 8 | 64)       # two labels, the second at the bottom
    return ether(f, 0x8847, two + f[14:])


def wifi(kind, f):
    """A data frame to the access point: destination in address 3, then LLC/SNAP."""
    head = struct.pack("<HH", 0x0108, 0) + bytes.fromhex("0200000001fe") + f[6:12] + f[:6] + struct.pack("<H", 0x10)
    return head + b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", kind) + f[14:]


pcap("pppoe.pcap", wrapped(pppoe))
pcap("mpls.pcap", wrapped(mpls))
pcap("vlan.pcap", wrapped(lambda kind, f: ether(f, 0x8100, struct.pack("!HH", 10, kind) + f[14:])))
pcap("qinq.pcap", wrapped(lambda kind, f: ether(f, 0x88A8, struct.pack("!HHHH", 100, 0x8100, 10, kind) + f[14:])))
pcap("wifi.pcap", wrapped(wifi), IEEE80211)
# radiotap: version, pad, length, present = flags and rate; then flags (no checksum at the end) and rate 6 Mbit/s
radiotap = struct.pack("<BBHIBB", 0, 0, 10, 0x6, 0, 12)
pcap("radiotap.pcap", wrapped(lambda kind, f: radiotap + wifi(kind, f)), RADIOTAP)

# --- not IP at all: USB, six interrupt transfers of a keyboard that nobody touches
usb = []
for n in range(6):
    kind = b"SC"[n % 2:n % 2 + 1]
    data = b"\0" * 8 if kind == b"C" else b""
    head = struct.pack("<QcBBBHBBqiiII", 0xFFFF880000000000, kind, 1, 0x81, 2, 1, 0x2D, 0 if data else 0x3C,
                       base[0][0], base[0][1] + n * 8000, -115, 8, len(data)) + b"\0" * 24
    usb.append((base[0][0], base[0][1] % 900000 + n * 8000, head + data, len(head + data)))
pcap("usb.pcap", usb, USB)

# --- compressed and damaged
with open(os.path.join(folder, "ethernet.pcap.gz"), "wb") as f:
    f.write(gzip.compress(whole, mtime=0))
if shutil.which("zstd"):
    subprocess.run(["zstd", "-qf19", os.path.join(folder, "ethernet.pcap"), "-o", os.path.join(folder, "ethernet.pcap.zst")], check=True)
put("cut-off.pcap", whole[:-20])
at = 24
for sec, frac, data, length in base[:10]:
    at += 16 + len(data)
put("corrupt-length.pcap", whole[:at + 8] + struct.pack("<I", 0x7FFFFFF0) + whole[at + 12:])
put("header-only.pcap", whole[:24])
put("zero-byte.pcap", b"")
