#!/usr/bin/env python3
"""relay.py tls ADDRESS PORT CERTIFICATE KEY TARGET-PORT: what comes in TLS goes on to a port of this host.
relay.py proxy ADDRESS PORT: an HTTP proxy, for CONNECT and for absolute requests to port 80."""
import select
import socket
import ssl
import sys
import threading


def pump(a, b):
    while True:
        if not (hasattr(a, "pending") and a.pending()):
            ready = select.select([a, b], [], [])[0]
        else:
            ready = [a]
        for source, sink in ((a, b), (b, a)):
            if source in ready:
                data = source.recv(16384)
                if not data:
                    return
                sink.sendall(data)


def serve_tls(client, context, port):
    with context.wrap_socket(client, server_side=True) as inner:
        with socket.create_connection(("127.0.0.1", port)) as server:
            pump(inner, server)


def serve_proxy(client):
    with client:
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return
            head += data
        method, target = head.split(b" ")[:2]
        if method == b"CONNECT":
            host, port = target.decode().rsplit(":", 1)
            with socket.create_connection((host.strip("[]"), int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                pump(client, server)
            return
        host = target.decode().split("/")[2]
        path = "/" + target.decode().split("/", 3)[3]
        with socket.create_connection((host, 80)) as server:
            rest = head.split(b"\r\n", 1)[1].replace(b"Proxy-Connection: Keep-Alive", b"Connection: close")
            server.sendall(b"%s %s HTTP/1.1\r\n%s" % (method, path.encode(), rest))
            pump(client, server)


def main():
    kind, address, port = sys.argv[1:4]
    context = None
    if kind == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
    with socket.create_server((address, int(port))) as listener:
        while True:
            client = listener.accept()[0]
            work = (serve_tls, (client, context, int(sys.argv[6]))) if context else (serve_proxy, (client,))
            threading.Thread(target=work[0], args=work[1], daemon=True).start()


main()
