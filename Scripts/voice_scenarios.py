"""The scenarios of traversal-goldens.py that are about calls: SIP, PPTP and H.323 through connection-tracking helpers."""
import struct

from koracle import packets as P, scenario as S

FAR, FAR2, NEAR, NEAR2, WAN = S.OUT, S.OUT2, S.SRV, S.SRV2, S.WAN   # 198.51.100.7 and .8, 10.0.0.5 and .6, 192.0.2.1
FAR6, NEAR6 = S.OUT6, S.SRV6


def rules(raw, nat=(), family=4):
    """What each state counts, where helpers are assigned, and how is translated."""
    out = ["*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"] + list(raw) + ["COMMIT"]
    out += ["*mangle"] + [":%s ACCEPT [0:0]" % c for c in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")]
    out += ["-A %s -m conntrack --ctstate %s" % (c, s) for c in ("PREROUTING", "POSTROUTING")
            for s in ("NEW", "ESTABLISHED", "RELATED", "INVALID")]
    out += ["-A FORWARD -m conntrack --ctstatus EXPECTED", "COMMIT"]
    out += ["*nat"] + [":%s ACCEPT [0:0]" % c for c in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")] + list(nat) + ["COMMIT"]
    out += ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", "COMMIT"]
    return "\n".join(out) + "\n"


def lan(*packets):
    return [S.rx("eth1", p) for p in packets]


def wan(*packets):
    return [S.rx("eth0", p) for p in packets]


def sdp(addr, audio=None, video=None, image=None, per_media=False, owner=None):
    """A session description; with `per_media`, the address stands behind each medium."""
    kind = "IP6" if ":" in addr else "IP4"
    c = "c=IN %s %s" % (kind, addr)
    lines = ["v=0", "o=- 1 1 IN %s %s" % (kind, owner or addr), "s=-"] + ([] if per_media else [c]) + ["t=0 0"]
    for name, port, rest in (("audio", audio, "RTP/AVP 0"), ("video", video, "RTP/AVP 31"), ("image", image, "udptl t38")):
        if port is not None:
            lines += ["m=%s %d %s" % (name, port, rest)] + ([c] if per_media else [])
    return "".join(l + "\r\n" for l in lines)


def message(start, *headers, body="", length=True):
    if length:
        headers += ("Content-Length: %d" % len(body),)
    return "".join(l + "\r\n" for l in (start,) + headers).encode() + b"\r\n" + body.encode()


def request(method, uri, via, contact=None, cseq=1, body="", more=(), frm="alice", to="bob", proto="UDP", tag=""):
    heads = ["Via: SIP/2.0/%s %s;branch=z9hG4bK1;rport" % (proto, via), "From: <sip:%s>;tag=1" % frm, "To: <sip:%s>%s" % (to, tag),
             "Call-ID: 1@call", "CSeq: %d %s" % (cseq, method)]
    heads += ["Contact: %s" % contact] if contact else []
    return message("%s %s SIP/2.0" % (method, uri), *heads, *more, body=body)


def response(code, via, method, contact=None, cseq=1, body="", more=(), frm="alice", to="bob", proto="UDP"):
    heads = ["Via: SIP/2.0/%s %s;branch=z9hG4bK1" % (proto, via), "From: <sip:%s>;tag=1" % frm, "To: <sip:%s>;tag=2" % to,
             "Call-ID: 1@call", "CSeq: %d %s" % (cseq, method)]
    heads += ["Contact: %s" % contact] if contact else []
    return message("SIP/2.0 %s" % code, *heads, *more, body=body)


def sip(src, dst, data, sport=5060, dport=5060):
    return P.udp(src, dst, sport, dport, data)


def register(host, me, seen, seen_port=5060, cseq=1, expires=3600):
    """A phone registers: request from inside, answer from outside."""
    ask = request("REGISTER", "sip:%s" % host, "%s:5060" % me, "<sip:alice@%s:5060>;expires=%d" % (me, expires), cseq,
                  frm="alice@%s" % host, to="alice@%s" % host)
    answer = response("200 OK", "%s:%d;received=%s;rport=%d" % (seen, seen_port, seen, seen_port), "REGISTER",
                      "<sip:alice@%s:%d>;expires=%d" % (seen, seen_port, expires), cseq, frm="alice@%s" % host, to="alice@%s" % host)
    return ask, answer


def call(me, seen, peer, port=49170, peer_port=40000, video=None, per_media=False, seen_media=None):
    """A call from inside: INVITE, answers, ACK."""
    seen_media = seen_media or port
    ask = request("INVITE", "sip:bob@%s:5060" % peer, "%s:5060" % me, "<sip:alice@%s:5060>" % me, 2,
                  sdp(me, port, video, per_media=per_media), ("Content-Type: application/sdp",), "alice@%s" % me, "bob@%s" % peer)
    def answer(code, body=""):
        return response(code, "%s:5060;received=%s;rport=5060" % (seen, seen), "INVITE", "<sip:bob@%s:5060>" % peer, 2, body,
                        ("Content-Type: application/sdp",) if body else (), "alice@%s" % seen, "bob@%s" % peer)
    ack = request("ACK", "sip:bob@%s:5060" % peer, "%s:5060" % me, None, 2, frm="alice@%s" % me, to="bob@%s" % peer)
    return ask, answer("100 Trying"), answer("180 Ringing"), answer("200 OK", sdp(peer, peer_port, video and peer_port + 2, per_media=per_media)), ack


def bye(me, seen, peer):
    ask = request("BYE", "sip:bob@%s:5060" % peer, "%s:5060" % me, None, 3, frm="alice@%s" % me, to="bob@%s" % peer)
    return ask, response("200 OK", "%s:5060;received=%s;rport=5060" % (seen, seen), "BYE", None, 3, frm="alice@%s" % seen, to="bob@%s" % peer)


def rtp(src, dst, sport, dport, n=1):
    return P.udp(src, dst, sport, dport, b"\x80\0" + struct.pack("!HII", n, n * 160, 7) + b"\0" * 20)


def sip_masquerade():
    """A phone behind MASQUERADE registers, is called, and calls with audio and video."""
    ask, answer = register(FAR, NEAR, WAN)
    out = lan(sip(NEAR, FAR, ask)) + wan(sip(FAR, WAN, answer))
    # The registrar calls from another port: an expected connection, with a helper of its own.
    invite = request("INVITE", "sip:alice@%s:5060" % WAN, "%s:5070" % FAR, "<sip:bob@%s:5070>" % FAR, 7, sdp(FAR, 41000),
                     ("Content-Type: application/sdp",), "bob@%s" % FAR, "alice@%s" % WAN)
    out += wan(sip(FAR, WAN, invite, 5070))
    ok = response("200 OK", "%s:5070" % FAR, "INVITE", "<sip:alice@%s:5060>" % NEAR, 7, sdp(NEAR, 49200), (), "bob@%s" % FAR, "alice@%s" % NEAR)
    out += lan(sip(NEAR, FAR, ok, 5060, 5070)) + wan(rtp(FAR, WAN, 41000, 49200)) + lan(rtp(NEAR, FAR, 49200, 41000))
    # The phone calls.
    ask, trying, ringing, ok, ack = call(NEAR, WAN, FAR, video=49180)
    out += lan(sip(NEAR, FAR, ask)) + wan(sip(FAR, WAN, trying), sip(FAR, WAN, ringing), sip(FAR, WAN, ok)) + lan(sip(NEAR, FAR, ack))
    out += lan(rtp(NEAR, FAR, 49170, 40000), rtp(NEAR, FAR, 49171, 40001)) + wan(rtp(FAR, WAN, 40000, 49170), rtp(FAR, WAN, 40001, 49171))
    out += wan(rtp(FAR, WAN, 40002, 49180)) + lan(rtp(NEAR, FAR, 49180, 40002))
    ask, ok = bye(NEAR, WAN, FAR)
    out += lan(sip(NEAR, FAR, ask)) + wan(sip(FAR, WAN, ok), rtp(FAR, WAN, 40003, 49181))
    # The registration ends.
    ask, answer = register(FAR, NEAR, WAN, cseq=9, expires=0)
    return out + lan(sip(NEAR, FAR, ask)) + wan(sip(FAR, WAN, answer), sip(FAR, WAN, invite, 5071))


def sip_plain():
    """A call without translation: only expectations."""
    ask, answer = register(FAR, NEAR, NEAR)
    out = lan(sip(NEAR, FAR, ask)) + wan(sip(FAR, NEAR, answer))
    ask, trying, ringing, ok, ack = call(NEAR, NEAR, FAR, video=49180, per_media=True)
    out += lan(sip(NEAR, FAR, ask)) + wan(sip(FAR, NEAR, trying), sip(FAR, NEAR, ok)) + lan(sip(NEAR, FAR, ack))
    out += wan(rtp(FAR, NEAR, 40000, 49170), rtp(FAR2, NEAR, 40000, 49180)) + lan(rtp(NEAR, FAR, 49171, 40001))
    # Refused: what it expected goes.
    bad = request("INVITE", "sip:bob@%s" % FAR, "%s:5060" % NEAR, None, 5, sdp(NEAR, 50000), (), "alice@%s" % NEAR, "bob@%s" % FAR)
    no = response("486 Busy Here", "%s:5060" % NEAR, "INVITE", None, 5)
    out += lan(sip(NEAR, FAR, bad)) + wan(sip(FAR, NEAR, no), rtp(FAR, NEAR, 40000, 50000))
    # Media elsewhere than the signalling isn't expected.
    other = request("INVITE", "sip:bob@%s" % FAR, "%s:5060" % NEAR, None, 6, sdp(NEAR2, 50002), ())
    out += lan(sip(NEAR, FAR, other)) + wan(rtp(FAR, NEAR2, 40000, 50002))
    # A fax, and a signalling connection from the registrar.
    fax = request("INVITE", "sip:bob@%s" % FAR, "%s:5060" % NEAR, None, 7, sdp(NEAR, image=50010), ())
    return out + lan(sip(NEAR, FAR, fax)) + wan(rtp(FAR, NEAR, 7777, 50010), sip(FAR, NEAR, fax, 6000))


def sip_dnat():
    """A telephone exchange behind DNAT."""
    ask, trying, ringing, ok, ack = call(FAR, FAR, WAN)
    out = wan(sip(FAR, WAN, ask))
    ok = response("200 OK", "%s:5060;received=%s;rport=5060" % (FAR, FAR), "INVITE", "<sip:bob@%s:5060>" % NEAR, 2, sdp(NEAR, 40000), (),
                  "alice@%s" % FAR, "bob@%s" % NEAR)
    out += lan(sip(NEAR, FAR, ok)) + wan(sip(FAR, WAN, ack))
    out += wan(rtp(FAR, WAN, 49170, 40000)) + lan(rtp(NEAR, FAR, 40000, 49170), rtp(NEAR, FAR, 40001, 49171)) + wan(rtp(FAR, WAN, 49171, 40001))
    ask, ok = bye(FAR, FAR, WAN)
    return out + wan(sip(FAR, WAN, ask))


def sip_ports():
    """Ports that are taken: a call that expects what another expects is dropped; a phone with another source port."""
    ask, _, _, _, _ = call(NEAR, WAN, FAR)
    reg, _ = register(FAR, NEAR, WAN)
    out = lan(sip(NEAR, FAR, ask), sip(NEAR, FAR, reg))
    ask, _, _, _, _ = call(NEAR2, WAN, FAR)
    out += lan(sip(NEAR2, FAR, ask, 5062))
    ask, _, _, _, _ = call(NEAR2, WAN, FAR, 49171)
    out += lan(sip(NEAR2, FAR, ask, 5062))
    reg, _ = register(FAR, NEAR2, WAN)
    out += lan(sip(NEAR2, FAR, reg, 5062))
    # A Cisco phone sends from 50000, and listens on 5060.
    ask = request("OPTIONS", "sip:%s:5060" % FAR, "%s:5060" % NEAR, "<sip:alice@%s:5060>" % NEAR, 1)
    ok = response("200 OK", "%s:5060" % WAN, "OPTIONS", None, 1)
    out += lan(sip(NEAR, FAR, ask, 50000)) + wan(sip(FAR, WAN, ok, 5060, 50000))
    out += wan(rtp(FAR, WAN, 40000, 49170), rtp(FAR, WAN, 40000, 49172), rtp(FAR, WAN, 40001, 49173))
    return out


def sip_odd():
    """Messages that can't be read, and what their packets come to."""
    via = "%s:5060" % NEAR
    def say(data):
        return lan(sip(NEAR, FAR, data))
    out = say(b"short") + say(b"INVITE sip:bob@x SIP/2.0\r\nVia: SIP/2.0/UDP x\r\n\r\n")            # no CSeq
    out += say(b"SIP/2.0 abc OK\r\nCSeq: 1 INVITE\r\n\r\n") + say(b"SIP/2.0 200 OK\r\nCSeq: x INVITE\r\n\r\n")
    out += say(request("INVITE", "sip:bob@%s" % FAR, via, None, 2, sdp(NEAR, 80), ()))                 # a port below 1024
    out += say(request("INVITE", "sip:bob@%s" % FAR, via, None, 3, sdp(NEAR, 0), ()))                  # an inactive stream
    out += say(request("INVITE", "sip:bob@%s" % FAR, via, None, 4, "v=0\r\nm=audio 50000 RTP/AVP 0\r\n", ()))   # no address
    out += say(request("INVITE", "sip:bob@%s" % FAR, via, None, 4, "v=0\r\nc=IN IP4 %s\r\nm=data 9 x\r\nm=audio 50000 RTP/AVP 0\r\n" % NEAR, ()))
    out += say(request("REGISTER", "sip:%s" % FAR, via, "<sip:alice@example.org>", 1))                 # no address to expect
    out += say(request("REGISTER", "sip:%s" % FAR, via, "<sip:alice@%s:99>" % NEAR, 1))                # and no port
    out += say(request("REGISTER", "sip:%s" % FAR, via, "<sip:alice@%s>;expires=x" % NEAR, 1))
    out += say(request("REGISTER", "sip:%s" % FAR, via, "<sip:alice@%s;transport=tcp>" % NEAR, 1, more=("Expires: 60",)))
    out += say(request("REGISTER", "sip:%s" % FAR, via, "<sip:alice@%s;transport=UDP>" % NEAR, 1, more=("Expires: 60",)))
    out += say(message("register sip:%s SIP/2.0" % FAR, "v : SIP/2.0/UDP\r\n\t%s:5060" % NEAR, "f:sip:alice@%s:5060" % NEAR, "t: <sip:bob@%s>" % FAR,
                       "cseq:\r\n 77 REGISTER", "m: <sip:1@example.org>, <sip:2@%s:5060>, \"x\" <sip:3@%s>" % (NEAR, NEAR),
                       "m: <sip:alice@%s:5060;maddr=%s>" % (NEAR, NEAR), "expires: 3600"))
    out += wan(sip(FAR, WAN, b"SIP/2.0 200 OK\nCSeq: 77 REGISTER\nVia: SIP/2.0/UDP %s:5060;maddr=%s;received=%s;rport=5060\nContact: <sip:x@%s:7000>\n\n"
                   % ((WAN.encode(),) * 4)))
    return out


def stream(talk, ours=(NEAR, 33000), theirs=(FAR, 5060), seen=(WAN, 33000)):
    """A TCP connection of `>` what the client says, `<` what the server says, at the client's side of the router and at
    the server's. A number behind says by how many bytes the router made it longer."""
    seqs, grown = {">": 1000, "<": 5000}, {">": 0, "<": 0}
    def segment(way, flags, data=b""):
        other = "<" if way == ">" else ">"
        ack = seqs[other] if flags != "S" else 0
        if way == ">":
            p = lan(P.tcp(ours[0], theirs[0], ours[1], theirs[1], flags, seqs[">"], ack + grown["<"] if ack else 0, data))
        else:
            p = wan(P.tcp(theirs[0], seen[0], theirs[1], seen[1], flags, seqs["<"], ack + grown[">"] if ack else 0, data))
        seqs[way] += len(data) + ("S" in flags) + ("F" in flags)
        return p
    out = segment(">", "S") + segment("<", "SA") + segment(">", "A")
    for way, data, *more in talk:
        out += segment(way, "PA", data)
        grown[way] += more[0] if more else 0
        out += segment("<" if way == ">" else ">", "A")
    return out


def sip_tcp():
    """Signalling over TCP, two messages in a segment; the messages change their lengths."""
    me, peer = "%s:33000" % NEAR, FAR
    reg = request("REGISTER", "sip:%s:5060;transport=tcp" % FAR, me, "<sip:alice@%s;transport=tcp>;expires=60" % me, 1, frm="alice@%s" % me,
                  to="alice@%s" % FAR, proto="TCP")
    inv = request("INVITE", "sip:bob@%s:5060" % FAR, me, "<sip:alice@%s>" % me, 2, sdp(NEAR, 49170), (), "alice@%s" % me, "bob@%s" % FAR, "TCP")
    ok = response("200 OK", "%s:33000;received=%s;rport=33000" % (WAN, WAN), "REGISTER", "<sip:alice@%s:33000;transport=tcp>;expires=60" % WAN, 1,
                  frm="alice@%s" % WAN, to="alice@%s" % FAR, proto="TCP")
    ok2 = response("200 OK", "%s:33000" % WAN, "INVITE", "<sip:bob@%s:5060>" % FAR, 2, sdp(FAR, 40000), (), proto="TCP")
    out = stream([(">", reg + inv, 8), ("<", ok + ok2, -4), (">", inv[:100], 0), (">", b"not SIP at all", 0)])
    return out + wan(rtp(FAR, WAN, 40000, 49170)) + lan(rtp(NEAR, FAR, 49171, 40001))


def sip6():
    """A call over IPv6, without and with translation of the phone's address."""
    def bracket(a):
        return "[%s]" % a
    me, peer = bracket(NEAR6), bracket(FAR6)
    reg = request("REGISTER", "sip:%s" % peer, "%s:5060" % me, "<sip:alice@%s:5060>;expires=60" % me, 1)
    inv = request("INVITE", "sip:bob@%s:5060" % peer, "%s:5060" % me, "<sip:alice@%s:5060>" % me, 2, sdp(NEAR6, 49170), ())
    ok = response("200 OK", "%s:5060" % bracket(S.WAN6), "INVITE", "<sip:bob@%s:5060>" % peer, 2, sdp(FAR6, 40000), ())
    return lan(sip(NEAR6, FAR6, reg), sip(NEAR6, FAR6, inv)) + wan(sip(FAR6, S.WAN6, ok), rtp(FAR6, S.WAN6, 40000, 49170)) \
        + lan(rtp(NEAR6, FAR6, 49171, 40001))


def pptp(kind, body):
    return struct.pack("!HHIHH", 12 + len(body), 1, 0x1A2B3C4D, kind, 0) + body


START, STARTED = pptp(1, struct.pack("!HHIIHH", 256, 0, 1, 1, 0, 0) + b"\0" * 128), pptp(2, struct.pack("!HBBIIHH", 256, 1, 0, 1, 1, 0, 0) + b"\0" * 128)


def call_out(number):
    return pptp(7, struct.pack("!HHIIIIHHHH", number, 1, 300, 100000, 3, 3, 64, 0, 0, 0) + b"\0" * 128)


def called(number, peer, result=1):
    return pptp(8, struct.pack("!HHBBHIHHI", number, peer, result, 0, 0, 64000, 64, 0, 0))


def link_info(peer):
    return pptp(15, struct.pack("!HHII", peer, 0, 0xFFFFFFFF, 0xFFFFFFFF))


def clear(number):
    return pptp(12, struct.pack("!HH", number, 0))


def cleared(number):
    return pptp(13, struct.pack("!HBBHH", number, 1, 0, 0, 0) + b"\0" * 128)


def gre(src, dst, number, version=1, data=b"\xc0\x21ping"):
    """A PPP frame of a call (RFC 2637); other versions to show that they aren't translated."""
    return P.ip4(src, dst, 47, struct.pack("!HHHHI", 0x3000 | version, 0x880B, len(data), number, 1) + data)


def calls_between(client, server, seen, first):
    """What both say, the call's numbers at the client's side being `first` (from outside) and 0x0101."""
    return [(">", START), ("<", STARTED), (">", call_out(0x0101)), ("<", called(0x0202, first)), (">", link_info(0x0202)), ("<", link_info(first))]


def pptp_masquerade():
    """A call from behind MASQUERADE: its number becomes the port, also in GRE; a second client with the same number."""
    out = stream(calls_between(NEAR, FAR, WAN, 33000), theirs=(FAR, 1723))
    out += lan(gre(NEAR, FAR, 0x0202)) + wan(gre(FAR, WAN, 33000), gre(FAR, WAN, 33000)) + lan(gre(NEAR, FAR, 0x0202))
    out += stream(calls_between(NEAR2, FAR, WAN, 33001), (NEAR2, 33001), (FAR, 1723), (WAN, 33001))
    out += wan(gre(FAR, WAN, 33001)) + lan(gre(NEAR2, FAR, 0x0202))
    # A number of no call, other versions, and PPP that isn't.
    out += wan(gre(FAR, WAN, 0x0999)) + lan(gre(NEAR, FAR, 0x0202, 0), gre(NEAR, FAR, 0x0202, 2)) + wan(gre(FAR, WAN, 33000, 2))
    bad = bytearray(gre(NEAR, FAR, 0x0202))
    bad[23] = 0x0C
    return out + lan(bytes(bad))


def pptp_plain():
    """A call without translation, and its end."""
    talk = calls_between(NEAR, FAR, NEAR, 0x0101)
    out = stream(talk, theirs=(FAR, 1723), seen=(NEAR, 33000))
    out += lan(gre(NEAR, FAR, 0x0202)) + wan(gre(FAR, NEAR, 0x0101))
    return out


def pptp_end():
    """Calls refused, for a session that isn't, and cleared: what was expected and connected goes."""
    out = stream([(">", call_out(7)), ("<", called(8, 7)), (">", START), ("<", STARTED), (">", call_out(7)), ("<", called(8, 9)),
                  ("<", called(8, 7, 4)), (">", call_out(7)), ("<", called(8, 7)), (">", START[:20]), (">", b"\0" * 8)],
                 theirs=(FAR, 1723), seen=(NEAR, 33000))
    return out


def pptp_cleared():
    """The call is cleared while it is up."""
    talk = calls_between(NEAR, FAR, NEAR, 0x0101)
    both = stream(talk + [(">", clear(0x0101)), ("<", cleared(0x0202))], theirs=(FAR, 1723), seen=(NEAR, 33000))
    cut = 3 + 2 * len(talk)
    return both[:cut] + lan(gre(NEAR, FAR, 0x0202)) + wan(gre(FAR, NEAR, 0x0101)) + both[cut:]


def pptp_dnat():
    """A server behind DNAT, which calls its client (an incoming call)."""
    ask = pptp(9, struct.pack("!HHIIHH", 0x0303, 1, 3, 0, 0, 0) + b"\0" * 192)
    yes = pptp(10, struct.pack("!HHBBHHH", 0x0404, 0x0303, 1, 0, 64, 0, 0))
    done = pptp(11, struct.pack("!HHIHHI", 0x0404, 0, 64000, 64, 0, 3))
    out = []
    for p, way in [(x, w) for w, x in [(">", START), ("<", STARTED), ("<", ask), (">", yes), ("<", done)]]:
        out.append((way, p))
    packets = stream(out, (FAR, 33000), (NEAR, 1723), (FAR, 33000))
    turned = []
    for iface, frame, size, mode in packets:         # the client is outside, the server inside
        l3 = frame[14:]
        if iface == "eth1":
            l3 = P.fix_l4_csum(P.fix_ip_csum(l3[:16] + bytes(map(int, WAN.split("."))) + l3[20:]))
            turned += wan(l3)
        else:
            turned += lan(l3)
    return turned + wan(gre(FAR, WAN, 0x0303)) + lan(gre(NEAR, FAR, 0x0404))


MASQUERADE = ["-A POSTROUTING -o eth0 -j MASQUERADE"]
SIP = ["-A PREROUTING -p udp -m udp --dport 5060 -j CT --helper sip", "-A PREROUTING -p tcp -m tcp --dport 5060 -j CT --helper sip"]
PPTP = ["-A PREROUTING -p tcp -m tcp --dport 1723 -j CT --helper pptp"]

# name: packets, rules of the raw table, of the nat table, and what differs from the defaults
SCENARIOS = {
    "sip-masquerade": (sip_masquerade, SIP, MASQUERADE, {}),
    "sip-plain": (sip_plain, SIP, [], {}),
    "sip-dnat": (sip_dnat, SIP, ["-A PREROUTING -i eth0 -p udp -m udp --dport 5060 -j DNAT --to-destination 10.0.0.5"], {}),
    "sip-ports": (sip_ports, SIP, MASQUERADE, {}),
    "sip-odd": (sip_odd, SIP, MASQUERADE, {}),
    "sip-tcp": (sip_tcp, SIP, ["-A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.1"], {}),
    "pptp-masquerade": (pptp_masquerade, PPTP, MASQUERADE, {}),
    "pptp-plain": (pptp_plain, PPTP, [], {}),
    "pptp-end": (pptp_end, PPTP, [], {}),
    "pptp-cleared": (pptp_cleared, PPTP, [], {}),
    "pptp-dnat": (pptp_dnat, PPTP, ["-A PREROUTING -i eth0 -p tcp -m tcp --dport 1723 -j DNAT --to-destination 10.0.0.5"], {}),
    "sip6": (sip6, SIP, MASQUERADE, {"family": 6}),
}
