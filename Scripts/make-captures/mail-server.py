#!/usr/bin/env python3
"""A mail server that takes every message and keeps none:  mail-server.py PORT..."""
import socket
import sys
import threading


def talk(conn):
    with conn, conn.makefile("rb") as lines:
        def say(text):
            conn.sendall(text.encode() + b"\r\n")
        say("220 mail.example.com ESMTP")
        body = False
        for line in lines:
            word = line.strip().upper()
            if body:
                if word == b".":
                    body = False
                    say("250 taken")
            elif word.startswith(b"DATA"):
                body = True
                say("354 go ahead")
            elif word.startswith(b"QUIT"):
                say("221 bye")
                return
            else:
                say("250 mail.example.com")


def serve(port):
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        while True:
            conn, _ = server.accept()
            threading.Thread(target=talk, args=(conn,), daemon=True).start()


threads = [threading.Thread(target=serve, args=(int(p),)) for p in sys.argv[1:]]
for t in threads:
    t.start()
