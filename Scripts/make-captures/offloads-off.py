#!/usr/bin/env python3
"""Turn off checksum and segmentation offload on interfaces (what `ethtool -K` does):

    offloads-off.py IFACE...

so that a capture holds packets as they are on a wire.
"""
import ctypes
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
# ETHTOOL_SRXCSUM, _STXCSUM, _SSG, _STSO, _SUFO, _SGSO, _SGRO
COMMANDS = (0x15, 0x17, 0x19, 0x1F, 0x22, 0x24, 0x2C)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for name in sys.argv[1:]:
        for command in COMMANDS:
            value = ctypes.create_string_buffer(struct.pack("=II", command, 0))
            try:
                fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP8x", name.encode(), ctypes.addressof(value)))
            except OSError:
                pass                      # this interface doesn't have that offload
