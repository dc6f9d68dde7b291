#!/usr/bin/env python3
"""What other devices on a home network send without being asked:  noise.py IFACE ADDRESS BROADCAST

One mDNS question over IPv4 and one over IPv6, one SSDP search, one NetBIOS name query
and one UDP broadcast to 255.255.255.255.
"""
import socket
import struct
import sys

iface, address, broadcast = sys.argv[1:4]
index = socket.if_nametoindex(iface)
mdns = struct.pack("!6H", 0, 0, 1, 0, 0, 0) + b"\x05_http\x04_tcp\x05local\x00" + struct.pack("!HH", 12, 1)
ssdp = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'
netbios = struct.pack("!6H", 7, 0x0110, 1, 0, 0, 0) + b"\x20" + b"CK" + b"A" * 30 + b"\x00" + struct.pack("!HH", 0x21, 1)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", b"", socket.inet_aton(address), index))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, iface.encode())
    s.bind(("", 5353))
    s.sendto(mdns, ("224.0.0.251", 5353))
    s.sendto(ssdp, ("239.255.255.250", 1900))
    s.sendto(netbios, (broadcast, 137))
    s.sendto(b"where is everybody?", ("255.255.255.255", 9999))
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    s.bind(("::", 5353))
    s.sendto(mdns, ("ff02::fb", 5353, 0, index))
