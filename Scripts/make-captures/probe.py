#!/usr/bin/env python3
"""Send single hand-made packets: scans, spoofed sources, fragments, odd ICMP.

    probe.py syn|ack|fin|null|xmas|synfin|rst|synack|udp DST PORTS [options]
    probe.py icmp DST TYPE[/CODE][,TYPE[/CODE]...] [options]
    probe.py fragments DST PORT [options]        one UDP datagram in three fragments
    probe.py tiny DST PORT [options]             a TCP SYN cut into 8-byte fragments
    probe.py proto DST NUMBER [options]          an IP protocol without a payload to speak of

PORTS is a list such as 22,80,8000-8003. DST is IPv4 or IPv6. Options:

    --src ADDRESS     source address (default: this host's)
    --sport PORT      source port (default 40000; scans count up from it)
    --ttl N           TTL or hop limit (default 64)
    --size N          payload bytes (default 0)
    --gap SECONDS     pause after each packet (default 0.004)

The number of packets is bounded by the arguments (at most 200).
"""
import argparse
import ipaddress
import socket
import struct
import time

FLAGS = {"syn": 0x02, "ack": 0x10, "fin": 0x01, "null": 0x00, "xmas": 0x29, "synfin": 0x03, "rst": 0x04, "synack": 0x12}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def pseudo(src, dst, proto, length):
    if src.version == 4:
        return src.packed + dst.packed + struct.pack("!BBH", 0, proto, length)
    return src.packed + dst.packed + struct.pack("!II", length, proto)


def tcp(src, dst, sport, dport, flags, seq, payload):
    options = b"\x02\x04\x05\xb4" if flags & 0x02 else b""          # MSS 1460 on a SYN
    ack = 0x11223344 if flags & 0x10 else 0
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (20 + len(options)) << 2, flags, 1024, 0, 0)
    data = head + options + payload
    return data[:16] + struct.pack("!H", checksum(pseudo(src, dst, 6, len(data)) + data)) + data[18:]


def udp(src, dst, sport, dport, payload):
    data = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    return data[:6] + struct.pack("!H", checksum(pseudo(src, dst, 17, len(data)) + data) or 0xFFFF) + data[8:]


def icmp(src, dst, kind, code, payload):
    data = struct.pack("!BBHHH", kind, code, 0, 0x1234, 1) + payload
    over = data if src.version == 4 else pseudo(src, dst, 58, len(data)) + data
    return data[:2] + struct.pack("!H", checksum(over)) + data[4:]


def ip(src, dst, proto, ttl, data, ident, fragment=0):
    """One packet; for IPv6 a fragment header is put in where `fragment` isn't 0."""
    if src.version == 4:
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), ident, fragment, ttl, proto, 0, src.packed, dst.packed)
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data
    if fragment:
        flags = (fragment & 0x1FFF) << 3 | (1 if fragment & 0x2000 else 0)
        data = struct.pack("!BBHI", proto, 0, flags, ident) + data
        proto = 44
    return struct.pack("!IHBB", 6 << 28, len(data), proto, ttl) + src.packed + dst.packed + data


def numbers(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def own_address(dst):
    with socket.socket(socket.AF_INET if dst.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.connect((str(dst), 9))
        return ipaddress.ip_address(s.getsockname()[0])


def packets(a, src, dst):
    pad = bytes(0x41 + n % 26 for n in range(a.size))
    make = lambda proto, data, ident, fragment=0: ip(src, dst, proto, a.ttl, data, ident, fragment)
    if a.kind in FLAGS:
        for n, port in enumerate(numbers(a.what)):
            yield make(6, tcp(src, dst, a.sport + n, port, FLAGS[a.kind], 1000 + n, pad), 100 + n)
    elif a.kind == "udp":
        for n, port in enumerate(numbers(a.what)):
            yield make(17, udp(src, dst, a.sport + n, port, pad), 200 + n)
    elif a.kind == "icmp":
        for n, item in enumerate(a.what.split(",")):
            kind, _, code = item.partition("/")
            yield make(1 if src.version == 4 else 58, icmp(src, dst, int(kind), int(code or 0), pad or b"gatehouse-sample"), 300 + n)
    elif a.kind == "fragments":
        data = udp(src, dst, a.sport, int(a.what), bytes(0x61 + n % 26 for n in range(a.size or 1200)))
        step = len(data) // 3 // 8 * 8
        for n, start in enumerate((0, step, 2 * step)):
            last = n == 2
            yield make(17, data[start:] if last else data[start:start + step], 400, start // 8 | (0 if last else 0x2000))
    elif a.kind == "tiny":
        data = tcp(src, dst, a.sport, int(a.what), 0x02, 1000, b"")
        for start in range(0, len(data), 8):
            last = start + 8 >= len(data)
            yield make(6, data[start:start + 8], 500, start // 8 | (0 if last else 0x2000))
    elif a.kind == "proto":
        yield make(int(a.what), pad or b"\0" * 8, 600)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=[*FLAGS, "udp", "icmp", "fragments", "tiny", "proto"])
    parser.add_argument("dst", type=ipaddress.ip_address)
    parser.add_argument("what")
    parser.add_argument("--src", type=ipaddress.ip_address)
    parser.add_argument("--sport", type=int, default=40000)
    parser.add_argument("--ttl", type=int, default=64)
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--gap", type=float, default=0.004)
    a = parser.parse_args()
    src = a.src or own_address(a.dst)
    family = socket.AF_INET if a.dst.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        for n, packet in enumerate(packets(a, src, a.dst)):
            if n == 200:
                break
            s.sendto(packet, (str(a.dst), 0))
            time.sleep(a.gap)


if __name__ == "__main__":
    main()
