"""The scenarios of traversal-goldens.py that are about files and talk: TFTP, FTP, IRC, Amanda, NetBIOS names and SANE
through connection-tracking helpers."""
import random
import struct

from koracle import packets as P, scenario as S
from voice_scenarios import FAR, FAR2, FAR6, MASQUERADE, NEAR, NEAR2, NEAR6, WAN, lan, wan

LAN, WAN6 = S.LAN, S.WAN6
TO_NEAR = "-A PREROUTING -i eth0 -p %s -m %s --dport %d -j DNAT --to-destination 10.0.0.5"


class Talk:
    """A TCP connection, at the client's side of the router and at the server's: `seen` is how the server sees the client,
    `at` how the client sees the server, `client` and `server` how they see themselves."""

    def __init__(self, client, server, seen=None, at=None, sides=(lan, wan)):
        self.ends = {">": (client, at or server), "<": (server, seen or client)}
        self.sides = dict(zip("><", sides))
        self.seqs, self.grown = {">": 1000, "<": 5000}, {">": 0, "<": 0}

    def segment(self, way, flags, data=b"", skip=0):
        """One segment, `skip` bytes behind what its sender said last."""
        (src, sport), (dst, dport) = self.ends[way]
        other = "<" if way == ">" else ">"
        ack = self.seqs[other] + self.grown[other] if "A" in flags else 0
        out = self.sides[way](P.tcp(src, dst, sport, dport, flags, self.seqs[way] + skip, ack, data))
        if not skip:
            self.seqs[way] += len(data) + ("S" in flags) + ("F" in flags)
        return out

    def open(self):
        return self.segment(">", "S") + self.segment("<", "SA") + self.segment(">", "A")

    def say(self, way, data, grown=0):
        """Something said and acknowledged; the router made it `grown` bytes longer."""
        out = self.segment(way, "PA", data)
        self.grown[way] += grown
        return out + self.segment("<" if way == ">" else ">", "A")

    def lost(self, way, data):
        """Something said that its receiver doesn't get."""
        out = self.segment(way, "PA", data)
        self.seqs[way] -= len(data)
        return out


def connects(src, dst, sport, dport, side):
    return side(P.tcp(src, dst, sport, dport, "S"))


# TFTP

READ, WRITE = b"\0\1file\0octet\0", b"\0\2file\0octet\0"
BLOCK, RECEIVED = b"\0\3\0\1hello", b"\0\4\0\1"


def tftp(src, dst, sport, dport, data=READ):
    return P.udp(src, dst, sport, dport, data)


def tftp_plain():
    """Reading and writing; requests that aren't, and those that are made twice."""
    out = lan(tftp(NEAR, FAR, 2000, 69)) + wan(tftp(FAR, NEAR, 3000, 2000, BLOCK)) + lan(tftp(NEAR, FAR, 2000, 3000, RECEIVED))
    out += wan(tftp(FAR, NEAR, 3001, 2000, BLOCK))                        # only one is expected
    out += lan(tftp(NEAR, FAR, 2001, 69, WRITE)) + wan(tftp(FAR, NEAR, 3000, 2001, RECEIVED)) + lan(tftp(NEAR, FAR, 2001, 3000, BLOCK))
    for data in (b"\0\3\0\1x", b"\0\4\0\1", b"\0\5\0\1no\0", b"\0", b"", b"\1\0x\0octet\0"):
        out += lan(tftp(NEAR, FAR, 2002, 69, data))
    out += wan(tftp(FAR, NEAR, 3000, 2002, BLOCK))
    out += lan(tftp(NEAR, FAR, 2003, 69), tftp(NEAR, FAR, 2003, 69, WRITE), tftp(NEAR, FAR, 2003, 69))
    out += wan(tftp(FAR2, NEAR, 3000, 2003, BLOCK), tftp(FAR, NEAR, 3003, 2003, b"\0\5\0\1no\0"))
    # The server's own side of the request's connection, and a request cut down to its number.
    out += wan(tftp(FAR, NEAR, 69, 2003, READ), tftp(FAR, NEAR, 69, 2003, BLOCK))
    return out + lan(tftp(NEAR2, FAR, 2004, 69, b"\0\1"), tftp(NEAR2, FAR, 2005, 69, b"\0\2"))


def tftp_masquerade():
    """Clients behind MASQUERADE read and write."""
    out = lan(tftp(NEAR, FAR, 2000, 69)) + wan(tftp(FAR, WAN, 3000, 2000, BLOCK)) + lan(tftp(NEAR, FAR, 2000, 3000, RECEIVED))
    out += lan(tftp(NEAR2, FAR2, 2001, 69, WRITE)) + wan(tftp(FAR2, WAN, 3000, 2001, RECEIVED)) + lan(tftp(NEAR2, FAR2, 2001, 3000, BLOCK))
    out += lan(tftp(NEAR2, FAR, 2002, 69)) + wan(tftp(FAR2, WAN, 3000, 2002, BLOCK))
    return out + lan(tftp(NEAR2, FAR, 2002, 69, WRITE))


def tftp_dnat():
    """A server behind DNAT answers from another port."""
    out = wan(tftp(FAR, WAN, 2000, 69)) + lan(tftp(NEAR, FAR, 3000, 2000, BLOCK)) + wan(tftp(FAR, WAN, 2000, 3000, RECEIVED))
    return out + wan(tftp(FAR, WAN, 2001, 69, WRITE)) + lan(tftp(NEAR, FAR, 3001, 2001, RECEIVED)) + wan(tftp(FAR, WAN, 2001, 3001, BLOCK))


# FTP

def numbers(addr, port):
    return b",".join(addr.encode().split(b".") + [b"%d" % (port >> 8), b"%d" % (port & 255)])


def ftp_active():
    """PORT and EPRT without translation: what is read, what isn't, and what is dropped."""
    t = Talk((NEAR, 33000), (FAR, 21))
    out = t.open() + t.say("<", b"220 hello\r\n") + t.say(">", b"USER x\r\n")
    out += t.say(">", b"PORT " + numbers(NEAR, 40000) + b"\r\n") + connects(FAR, NEAR, 20, 40000, wan)
    out += t.say(">", b"eprt |1|%s|40001|\r\n" % NEAR.encode()) + connects(FAR, NEAR, 999, 40001, wan)
    out += t.say(">", b"EPRT !1!%s!40002!\r\n" % NEAR.encode()) + connects(FAR2, NEAR, 20, 40002, wan)
    out += t.say(">", b"PORT " + numbers(NEAR2, 40003) + b"\r\n") + connects(FAR, NEAR2, 20, 40003, wan)       # another's
    out += t.say(">", b"PORT " + numbers(NEAR, 40004) + b"\r\n") + t.say(">", b"PORT " + numbers(NEAR, 40005) + b"\r\n")
    out += connects(FAR, NEAR, 20, 40004, wan) + connects(FAR, NEAR, 20, 40005, wan)
    for line in (b"PORT 1,2,3\r\n", b"PORT 1,2,3,4,5,6,7\r\n", b"PORT\r\n", b"PORT 10,0,0,5,1,2\n", b"EPRT |2|%s|40006|\r\n" % NEAR.encode(),
                 b"EPRT |1|%s|0|\r\n" % NEAR.encode(), b"EPRT 1\r\n", b"PORT 10,0,0,5,300,300\r\n"):
        out += t.lost(">", line)
    out += t.say(">", b"PORT  10,0,0,5,156,80\r\n") + t.say(">", b"NOOP\r\nPORT " + numbers(NEAR, 40007) + b"\r\n")
    out += t.say("<", b"PORT " + numbers(FAR, 40008) + b"\r\n") + t.say("<", b"227 (" + numbers(FAR, 40009) + b")\r\n")
    return out + connects(NEAR, FAR, 1, 40009, lan)


def ftp_split():
    """PORT in two segments, behind what doesn't end a line, and again."""
    t = Talk((NEAR, 33000), (FAR, 21))
    line = b"PORT " + numbers(NEAR, 40000) + b"\r\n"
    out = t.open() + t.say(">", line[:9]) + t.say(">", line[9:])                   # nothing ended in a newline before
    out += t.lost(">", line[:9]) + t.segment(">", "PA", line[9:], skip=9) + t.lost(">", line[:9])
    out += t.say(">", line) + t.say(">", b"USER x") + t.say(">", line)           # the second isn't at a line's beginning
    out += t.lost(">", line[:4]) + t.lost(">", line[:5]) + t.lost(">", line[:-2]) + t.lost(">", line[:-1])
    out += t.lost(">", b"NOOP\r\n") + t.say(">", b"NOOP\r\n") + t.say(">", line) + t.lost(">", line)
    # Numbers of lines far ahead and far behind.
    out += t.segment(">", "PA", b"AHEAD\r\n", skip=600) + t.segment(">", "PA", line, skip=607)
    out += t.segment(">", "PA", b"BEHIND\r\n", skip=-100) + t.say(">", b"PORT 1\r\n")
    return out + connects(FAR, NEAR, 20, 40000, wan)


def ftp_passive():
    """The answers to PASV and EPSV without translation."""
    t = Talk((NEAR, 33000), (FAR, 21))
    out = t.open() + t.say("<", b"220 hello\r\n") + t.say(">", b"PASV\r\n")
    out += t.say("<", b"227 Entering Passive Mode (" + numbers(FAR, 50000) + b").\r\n") + connects(NEAR, FAR, 1, 50000, lan)
    out += t.say("<", b"227 go to " + numbers(FAR, 50001) + b"\r\n") + connects(NEAR, FAR, 2, 50001, lan)
    out += t.say("<", b"229 Extended (|||50002|)\r\n") + connects(NEAR, FAR, 3, 50002, lan)
    out += t.say("<", b"227 elsewhere (" + numbers(FAR2, 50003) + b")\r\n") + connects(NEAR, FAR2, 4, 50003, lan)
    for line in (b"227 no numbers\r\n", b"227 (1,2,3)\r\n", b"227 (1,2,3,4,5,6,7)\r\n", b"229 no\r\n", b"229 (|||x|)\r\n", b"229 (||50004|)\r\n",
                 b"229 (|||0|)\r\n", b"227-" + numbers(FAR, 50005)):
        out += t.lost("<", line)
    out += t.say("<", b"229 (!!!50006!)\r\n") + connects(NEAR2, FAR, 5, 50006, lan) + connects(NEAR, FAR, 5, 50006, lan)
    out += t.say("<", b"227 (" + numbers(FAR, 50007) + b")\r\n226 ok\r\n") + t.say(">", b"227 (" + numbers(NEAR, 50008) + b")\r\n")
    return out


def ftp_masquerade():
    """A client behind MASQUERADE: the lines change their lengths, and the sequence numbers behind them."""
    t = Talk((NEAR, 33000), (FAR, 21), seen=(WAN, 33000))
    out = t.open() + t.say("<", b"220 hello\r\n") + t.say(">", b"USER x\r\n")
    out += t.say(">", b"PORT " + numbers(NEAR, 40000) + b"\r\n", 1) + connects(FAR, WAN, 20, 40000, wan) + t.say("<", b"200 ok\r\n")
    out += lan(P.tcp(NEAR, FAR, 40000, 20, "SA", 1, 1001))
    out += t.say(">", b"EPRT |1|%s|40001|\r\n" % NEAR.encode(), 1) + connects(FAR, WAN, 20, 40001, wan)
    out += t.say(">", b"PORT 010,000,000,005,156,066\r\n", -12) + t.say(">", b"PORT " + numbers(NEAR, 40003) + b"\r\n", 1)
    out += t.say(">", b"PASV\r\n") + t.say("<", b"227 Entering (" + numbers(FAR, 50000) + b").\r\n") + connects(NEAR, FAR, 7, 50000, lan)
    out += t.say("<", b"227 (198,051,100,007,195,081)\r\n", -4) + connects(NEAR, FAR, 8, 50001, lan)
    out += t.say("<", b"229 Entering (!!!50002!)\r\n") + connects(NEAR, FAR, 9, 50002, lan)
    out += t.say(">", b"PORT " + numbers(WAN, 40004) + b"\r\n") + t.say(">", b"QUIT\r\n") + t.say("<", b"221 bye\r\n")
    return out + t.segment("<", "FA") + t.segment(">", "FA")


def ftp_dnat():
    """A server behind DNAT, passive and active."""
    t = Talk((FAR, 33000), (NEAR, 21), at=(WAN, 21), sides=(wan, lan))
    out = t.open() + t.say("<", b"220 hello\r\n") + t.say(">", b"PASV\r\n")
    out += t.say("<", b"227 Entering Passive Mode (" + numbers(NEAR, 50000) + b").\r\n", 1) + connects(FAR, WAN, 7, 50000, wan)
    out += lan(P.tcp(NEAR, FAR, 50000, 7, "SA", 1, 1001))
    out += t.say("<", b"229 Extended (|||50001|)\r\n") + connects(FAR, WAN, 8, 50001, wan)
    out += t.say(">", b"PORT " + numbers(FAR, 40000) + b"\r\n") + connects(NEAR, FAR, 20, 40000, lan)
    out += t.say(">", b"EPRT |1|%s|40001|\r\n" % FAR.encode()) + connects(NEAR, FAR, 20, 40001, lan)
    return out + t.say("<", b"227 Entering Passive Mode (" + numbers(WAN, 50002) + b").\r\n") + connects(FAR, WAN, 9, 50002, wan)


def ftp_again():
    """Translated lines that are sent again, in one piece with others, acknowledged selectively, and after the numbers wrapped."""
    t = Talk((NEAR, 33000), (FAR, 21), seen=(WAN, 33000))
    t.seqs[">"] = 0xFFFFFFE0
    line = b"PORT " + numbers(NEAR, 40000) + b"\r\n"
    out = t.open() + t.say(">", b"USER x\r\n") + t.lost(">", line) + t.lost(">", line) + t.say(">", line, 1)
    out += t.lost(">", line) + t.say(">", b"NOOP\r\n") + t.lost(">", b"PORT " + numbers(NEAR, 40001) + b"\r\nNOOP\r\n")
    out += t.say(">", b"PORT " + numbers(NEAR, 40001) + b"\r\n", 1)
    def picked(seq, ack, *edges):
        blocks = struct.pack("!BB", 5, 2 + 4 * len(edges)) + b"".join(struct.pack("!I", e & 0xFFFFFFFF) for e in edges)
        return wan(P.tcp(FAR, WAN, 21, 33000, "A", seq, ack & 0xFFFFFFFF, b"", b"\1\1" + blocks))
    start = t.seqs[">"] + 2
    out += t.segment(">", "PA", b"y" * 20, skip=20) + picked(t.seqs["<"], start, start + 20, start + 40)
    out += picked(t.seqs["<"], start - 30, start - 23, start - 12, start + 20, start + 40) + t.say(">", b"x" * 20)
    return out + connects(FAR, WAN, 20, 40000, wan) + connects(FAR, WAN, 20, 40001, wan)


def ftp_both():
    """A server behind DNAT at another port, whose clients are translated too."""
    t = Talk((FAR, 33000), (NEAR, 2121), seen=(LAN, 33000), at=(WAN, 21), sides=(wan, lan))
    out = t.open() + t.say("<", b"220 hello\r\n") + t.say(">", b"USER x\r\n")
    out += t.say("<", b"227 Entering (" + numbers(NEAR, 50000) + b")\r\n", 1) + connects(FAR, WAN, 7, 50000, wan) + lan(P.tcp(NEAR, LAN, 50000, 7, "SA", 1, 1001))
    out += t.say(">", b"PORT " + numbers(FAR, 40000) + b"\r\n", -5) + connects(NEAR, LAN, 20, 40000, lan) + wan(P.tcp(FAR, WAN, 40000, 20, "SA", 1, 1001))
    return out + t.say("<", b"229 (|||50001|)\r\n") + connects(FAR, WAN, 8, 50001, wan)


def ftp_ports():
    """Two clients behind SNAT announce the same port: there is none behind the last one, and the line is dropped."""
    one, two = Talk((NEAR, 33000), (FAR, 21), seen=(WAN, 33000)), Talk((NEAR2, 33001), (FAR, 21), seen=(WAN, 33001))
    out = one.open() + two.open() + one.say(">", b"USER x\r\n") + two.say(">", b"USER x\r\n")
    for port in (65535, 65534):
        out += one.say(">", b"PORT " + numbers(NEAR, port) + b"\r\n", 1) + two.lost(">", b"PORT " + numbers(NEAR2, port) + b"\r\n")
        out += connects(FAR, WAN, 20, port, wan)
        out += two.say(">", b"PORT " + numbers(NEAR2, port) + b"\r\n", 1)
    # The connection is there already, from the server's port 20 as the first one.
    return out + connects(FAR, WAN, 20, 65534, wan) + connects(FAR, WAN, 21, 65534, wan)


def ftp6():
    """EPRT and EPSV over IPv6."""
    t = Talk((NEAR6, 33000), (FAR6, 21))
    out = t.open() + t.say("<", b"220 hello\r\n") + t.say(">", b"USER x\r\n")
    out += t.say(">", b"EPRT |2|%s|40000|\r\n" % NEAR6.encode()) + connects(FAR6, NEAR6, 20, 40000, wan)
    out += t.say(">", b"EPRT |2|2001:DB8:2:0:0:0:0:5|40001|\r\n") + connects(FAR6, NEAR6, 20, 40001, wan)
    for line in (b"EPRT |1|10.0.0.5|40002|\r\n", b"EPRT |2|10.0.0.5|40002|\r\n", b"EPRT |2||40002|\r\n", b"EPRT |2|2001:db8::g|40002|\r\n"):
        out += t.lost(">", line)
    out += t.say(">", b"EPRT |2|2001:db8:2::6|40003|\r\n") + t.say(">", b"EPSV\r\n")
    out += t.say("<", b"229 Entering Extended Passive Mode (|||50000|)\r\n") + connects(NEAR6, FAR6, 7, 50000, lan)
    return out + t.lost(">", b"PORT 10,0,0,5,1,2\r\n") + t.lost("<", b"227 (10,0,0,5,1,2)\r\n")


def ftp6_masquerade():
    """A client behind MASQUERADE over IPv6."""
    t = Talk((NEAR6, 33000), (FAR6, 21), seen=(WAN6, 33000))
    out = t.open() + t.say("<", b"220 hello\r\n") + t.say(">", b"USER x\r\n")
    out += t.say(">", b"EPRT |2|%s|40000|\r\n" % NEAR6.encode(), 39 - len(NEAR6)) + connects(FAR6, WAN6, 20, 40000, wan)
    out += lan(P.tcp(NEAR6, FAR6, 40000, 20, "SA", 1, 1001))
    return out + t.say("<", b"229 Entering (|||50000|)\r\n") + connects(NEAR6, FAR6, 7, 50000, lan)


# IRC

def address(addr):
    return b"%d" % struct.unpack("!I", bytes(map(int, addr.split("."))))[0]


def offer(addr, port, command=b"SEND", file=b"file", rest=b" 100", to=b"bob"):
    return b"PRIVMSG %s :\1DCC %s %s %s %d%s\1\r\n" % (to, command, file, address(addr), port, rest)


def irc_plain():
    """Offers without translation, and lines that only look like some."""
    t = Talk((NEAR, 33000), (FAR, 6667))
    out = t.open() + t.say("<", b":irc.example.org 001 alice :hello\r\n")
    out += t.say(">", offer(NEAR, 40000)) + connects(FAR2, NEAR, 7, 40000, wan)
    out += t.say(">", offer(NEAR, 40001, b"CHAT", b"chat", b"")) + connects(FAR, NEAR, 7, 40001, wan)
    out += t.say(">", offer(NEAR, 40002, b"MOVE")) + t.say(">", offer(NEAR, 40003, b"TSEND")) + t.say(">", offer(NEAR, 40004, b"SCHAT"))
    out += t.say(">", b" \r\n" + offer(NEAR, 40005)) + t.say(">", offer(NEAR, 40006).lower()) + t.say(">", offer(NEAR, 40007).replace(b"PRIVMSG", b"privmsg"))
    out += t.say(">", offer(NEAR2, 40008)) + t.say(">", offer(NEAR, 0)) + t.say(">", offer(NEAR, 105545)) + t.say(">", offer(NEAR, 40010, b"RESUME"))
    out += t.say(">", offer(NEAR, 40011).replace(b"PRIVMSG", b"NOTICE")) + t.say(">", b"PING x\r\n" + offer(NEAR, 40012))
    out += t.say(">", offer(NEAR, 40013)[:-2]) + t.say(">", offer(NEAR, 40014).replace(b"\1DCC", b"DCC")) + t.say(">", b"PRIVMSG bob :hi :\1DCC\r\n" + offer(NEAR, 40015))
    out += t.say(">", offer(NEAR, 40016, file=b"two words")) + t.say(">", offer(NEAR, 40017, rest=b"") + offer(NEAR, 40018))
    return out + t.say("<", offer(FAR, 40019)) + connects(FAR2, NEAR, 7, 40003, wan) + connects(FAR2, NEAR, 7, 40017, wan) + connects(FAR2, NEAR, 7, 40018, wan)


def irc_many():
    """More offers than may be expected at a time, the same one twice, and one of another client."""
    one, two = Talk((NEAR, 33000), (FAR, 6667)), Talk((NEAR, 33001), (FAR, 6667))
    out = one.open() + two.open()
    for n in range(10):
        out += one.say(">", offer(NEAR, 40000 + n))
    return out + one.say(">", offer(NEAR, 40009)) + two.say(">", offer(NEAR, 40008)) + connects(FAR2, NEAR, 7, 40000, wan) + connects(FAR2, NEAR, 7, 40009, wan)


def irc_masquerade():
    """A client behind MASQUERADE, which knows its own address or the translated one."""
    t = Talk((NEAR, 33000), (FAR, 6667), seen=(WAN, 33000))
    grown = len(address(WAN)) - len(address(NEAR))
    out = t.open() + t.say(">", offer(NEAR, 40000), grown) + connects(FAR2, WAN, 7, 40000, wan) + lan(P.tcp(NEAR, FAR2, 40000, 7, "SA", 1, 1001), P.tcp(NEAR, FAR, 40000, 7, "SA", 1, 1001))     # who fetches looks like the server
    out += t.say(">", offer(WAN, 40001)) + connects(FAR, WAN, 7, 40001, wan)
    out += t.say(">", offer(NEAR, 40002, b"CHAT", b"chat", b""), grown) + t.say(">", offer(NEAR, 40003).replace(b" 40003", b"   040003"), grown - 3)
    return out + t.say(">", offer(FAR, 40004)) + t.say(">", b"QUIT\r\n") + t.say("<", b"ERROR :bye\r\n") + connects(FAR2, WAN, 8, 40002, wan)


def irc_dnat():
    """A server behind DNAT: what the client offers is for whoever is behind the server."""
    t = Talk((FAR, 33000), (NEAR, 6667), at=(WAN, 6667), sides=(wan, lan))
    out = t.open() + t.say(">", offer(FAR, 40000)) + connects(NEAR, FAR, 7, 40000, lan)
    return out + t.say(">", offer(FAR, 40001)) + connects(NEAR2, FAR, 7, 40001, lan)


# Amanda

CONNECT = b"Amanda 2.4 REP HANDLE 1 SEQ 2\nCONNECT DATA 11001 MESG 11002 INDEX 11003\nOPTIONS ;\n"


def amanda_plain():
    """A backup server asks, and its client answers with ports; and answers that are odd."""
    ask = P.udp(NEAR, FAR, 1000, 10080, b"Amanda 2.4 REQ\n")
    def answer(data):
        return wan(P.udp(FAR, NEAR, 10080, 1000, data))
    out = lan(ask) + answer(CONNECT)
    out += connects(NEAR, FAR, 700, 11001, lan) + connects(NEAR, FAR, 701, 11002, lan) + connects(NEAR2, FAR, 702, 11003, lan) + connects(NEAR, FAR, 702, 11003, lan)
    out += lan(P.udp(NEAR, FAR, 1000, 10080, CONNECT))
    for data in (b"CONNECT DATA x MESG 12002\n", b"CONNECT DATA 0 MESG 12003\n", b"CONNECT DATA 12004", b"connect DATA 12005\n", b"CONNECT STATE 12006\n",
                 b"CONNECT INDEX 12007 DATA 12008\n", b"CONNECT DATA 120090\n", b"CONNECT \nDATA 12010\n", b"CONNECT  DATA 12011 \n", b"CONNECT DATA 1\n",
                 b"CONNECT DATA 77546\n", b"x" * 100 + b"CONNECT DATA 12013\n", b"CONNECT DATA ", b"CONNECT DATA \n", b""):
        out += answer(data)
    return out + answer(b"CONNECT DATA 13001 MESG 13002 INDEX 13003 STATE 13004\n") + connects(NEAR, FAR, 703, 13004, lan)


def amanda_masquerade():
    """The server behind MASQUERADE; its client answers with ports that it connects to."""
    out = lan(P.udp(NEAR, FAR, 1000, 10080, b"Amanda 2.4 REQ\n")) + wan(P.udp(FAR, WAN, 10080, 1000, CONNECT))
    out += connects(NEAR, FAR, 700, 11001, lan) + connects(NEAR, FAR, 701, 11002, lan) + wan(P.tcp(FAR, WAN, 11001, 700, "SA", 1, 1001))
    return out + wan(P.udp(FAR, WAN, 10080, 1000, b"CONNECT DATA 00042 MESG 1\n"))


def amanda_dnat():
    """The client behind DNAT: the ports lose their leading zeros."""
    out = wan(P.udp(FAR, WAN, 1000, 10080, b"Amanda 2.4 REQ\n")) + lan(P.udp(NEAR, FAR, 10080, 1000, CONNECT))
    out += connects(FAR, WAN, 700, 11001, wan) + lan(P.tcp(NEAR, FAR, 11001, 700, "SA", 1, 1001)) + connects(FAR, WAN, 701, 11003, wan)
    return out + lan(P.udp(NEAR, FAR, 10080, 1000, b"CONNECT DATA 00042 MESG 01234 INDEX 5\n")) + connects(FAR, WAN, 702, 1234, wan)


# NetBIOS names

def names(src, dst, sport=137, dport=137):
    return P.udp(src, dst, sport, dport, b"\0\1\1\x10\0\1\0\0\0\0\0\0")


def netbios():
    """The host asks its networks for a name: who may answer, from where, and for whom else that isn't so."""
    out = [S.tx("eth1", names(LAN, "10.0.0.255"))] + lan(names(NEAR, LAN), names(NEAR2, LAN), names(NEAR, LAN, 138), names(NEAR, LAN, 137, 138))
    out += wan(names(FAR, LAN))
    out += [S.tx("eth1", names(LAN, "10.0.0.255", 5000))] + lan(names(NEAR, LAN, 137, 5000), names(NEAR, LAN, 9, 5000))
    out += [S.tx("eth0", names(WAN, "192.0.2.255"))] + wan(names("192.0.2.9", WAN), names(FAR, WAN))
    out += [S.tx("eth1", names(LAN, NEAR2, 5001))] + lan(names(NEAR, LAN, 137, 5001))                  # asks one alone
    return out + [S.tx("eth1", names(LAN, "10.0.0.255"))]


# SANE

def sane_plain():
    """A scanner names its port in the answer to a start; refusals, and answers to what nobody asked."""
    t = Talk((NEAR, 33000), (FAR, 6566))
    start = b"\0\0\0\7\0\0\0\0"
    def answer(port, status=0, zero=0):
        return struct.pack("!IHH", status, zero, port) + b"\0\0\x12\x34\0\0\0\0"
    out = t.open() + t.say("<", answer(41000)) + t.say(">", start) + t.say("<", answer(41001)) + t.say("<", answer(41002))
    out += connects(NEAR, FAR, 7, 41001, lan) + connects(NEAR, FAR, 7, 41002, lan)
    out += t.say(">", start) + t.say("<", answer(41003, status=3)) + t.say("<", answer(41003))
    out += t.say(">", start) + t.say("<", answer(41004, zero=1))
    out += t.say(">", start) + t.say(">", start + b"x") + t.say("<", answer(41005)) + connects(NEAR, FAR, 7, 41005, lan)
    out += t.say(">", start) + t.say(">", b"\0\0\0\4\0\0\0\0") + t.say("<", answer(41006))
    out += t.say(">", start) + t.say("<", b"\0\0\0\0\0\0\xa0") + t.say("<", answer(41007))
    out += t.say(">", start) + t.say("<", answer(0)) + t.say(">", start) + t.say("<", answer(41008)[:8])
    return out + connects(NEAR, FAR, 8, 41008, lan)


# Odd payloads

def odd(seed, samples, pieces, count=150):
    """Samples of one number after another with bytes and pieces put in, left out and put for others."""
    rng = random.Random(seed)
    for n in range(count):
        data = bytearray(rng.choice(samples(n)))
        for _ in range(rng.choice((1, 1, 2, 3))):
            at, kind = rng.randrange(len(data) + 1), rng.randrange(4)
            end = at if kind == 0 else at + rng.choice((1, 1, 2, 5))
            data[at:end] = b"" if kind == 1 else rng.choice(pieces) if kind < 3 else bytes([rng.randrange(256)])
        yield bytes(data)


def client(n):
    return "10.0.0.%d" % (n + 2)


def each_alone(payloads, server, before=(), way=">", prefix="192.0.2"):
    """Every payload in a connection of its own, from a client of its own that has an address of its own outside, so that
    no two want the same port: the kernel looks for another one at random."""
    out = []
    for n, data in enumerate(payloads):
        t = Talk((client(n), 33000), (FAR, server), seen=("%s.%d" % (prefix, n + 2), 33000))
        out += t.open()
        for side, line in before:
            out += t.say(side, line)
        out += t.segment(way, "PA", data)
    return out


def ftp_odd():
    """What clients may say of their ports, well and badly."""
    def samples(n):
        return [b"PORT %s\r\n" % numbers(client(n), 40000), b"EPRT |1|%s|40001|\r\n" % client(n).encode(), b"PORT %s\r\n" % numbers(client(n), 258)]
    pieces = [b" ", b",", b"|", b"\r\n", b"\n", b"0", b"00", b"65536", b"256", b"1", b".", b"10,0,0,5", b"-", b"PORT ", b"EPRT "]
    return each_alone(odd(1, samples, pieces), 21, [(">", b"USER x\r\n")])


def ftp_odd_answers():
    """What a server may say of its ports, well and badly."""
    samples = [b"227 Passive (%s).\r\n" % numbers(FAR, 50000), b"229 Extended (|||50001|)\r\n", b"227 %s\r\n" % numbers(FAR, 258)]
    pieces = [b" ", b",", b"|", b"(", b"((", b"\r\n", b"\n", b"0", b"00", b"65536", b"256", b"1", b".", b"198,51,100,7", b"-", b"227 ", b"229 ", b"!"]
    return each_alone(odd(2, lambda n: samples, pieces), 21, [("<", b"220 x\r\n")], "<")


def ftp6_odd():
    """What clients may say over IPv6, well and badly."""
    def samples(n):
        return [b"EPRT |2|2001:db8:2::%x|40000|\r\n" % (n + 16), b"EPRT |2|2001:DB8:2:0:0:0:0.0.0.%d|40001|\r\n" % (n + 16),
                b"EPRT |2|2001:db8:0002:0000:0000:0000:0000.000.000.%03d|40002|\r\n" % (n + 16), b"EPRT a2a2001:db8:2::%xa40003a\r\n" % (n + 16)]
    pieces = [b" ", b":", b"::", b"|", b"\r\n", b"0", b"0000", b"65536", b"1", b".", b"2001", b"5", b"a", b"G", b"%", b"\0", b"EPRT "]
    out = []
    for n, data in enumerate(odd(3, samples, pieces)):
        t = Talk(("2001:db8:2::%x" % (n + 16), 33000), (FAR6, 21))
        out += t.open() + t.say(">", b"USER x\r\n") + t.segment(">", "PA", data)
    return out


def irc_odd():
    """Offers, well and badly made."""
    def samples(n):
        return [offer(client(n), 40000), offer(client(n), 40001, b"CHAT", b"chat", b""), b"\r\n" + offer("192.0.2.%d" % (n + 2), 40002)]
    pieces = [b" ", b"  ", b":", b" :", b"\1", b"\r\n", b"\n", b"0", b"DCC ", b"SEND ", b"99999999999999999999", b"4294967296", b"65536", b"-", b"+", b"0x",
              b"PRIVMSG ", address(NEAR)]
    return each_alone(odd(4, samples, pieces), 6667)


def amanda_odd():
    """Answers with ports, well and badly made."""
    out = []
    samples = [CONNECT, b"CONNECT DATA 11001 MESG 11002 INDEX 11003 STATE 11004\n", b"CONNECT DATA 1 STATE 2\n"]
    pieces = [b" ", b"\n", b"0", b"00", b"65536", b"-", b"+", b"0x", b"CONNECT ", b"DATA ", b"MESG ", b"INDEX ", b"STATE ", b"99999", b"100000"]
    for n, data in enumerate(odd(5, lambda n: samples, pieces)):
        server = "198.51.100.%d" % (n + 2)
        out += wan(P.udp(server, WAN, 1000, 10080, b"Amanda 2.4 REQ\n")) + lan(P.udp(NEAR, server, 10080, 1000, data))
    return out


def sane_odd():
    """Answers to a start, well and badly made."""
    samples = [b"\0\0\0\0\0\0\xa0\1\0\0\0\0", b"\0\0\0\0\0\0\xa0\2"]
    payloads = odd(6, lambda n: samples, [b"\0", b"\0\0\0\0", b"\1", b"\xff\xff"], 60)
    return each_alone(payloads, 6566, [(">", b"\0\0\0\7\0\0\0\0")], "<", "10.0.0")


def assign(proto, port, helper, chain="PREROUTING"):
    return ["-A %s -p %s -m %s --dport %d -j CT --helper %s" % (chain, proto, proto, port, helper)]


TFTP, FTP, IRC = assign("udp", 69, "tftp"), assign("tcp", 21, "ftp"), assign("tcp", 6667, "irc")
AMANDA, SANE = assign("udp", 10080, "amanda"), assign("tcp", 6566, "sane")
NETBIOS = assign("udp", 137, "netbios-ns", "OUTPUT")
SNAT = ["-A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.1"]
EACH_ITS_OWN = ["-A POSTROUTING -o eth0 -j NETMAP --to 192.0.2.0/24"]

# name: packets, rules of the raw table, of the nat table, and what differs from the defaults
SCENARIOS = {
    "tftp-plain": (tftp_plain, TFTP, [], {}),
    "tftp-masquerade": (tftp_masquerade, TFTP, MASQUERADE, {}),
    "tftp-dnat": (tftp_dnat, TFTP, [TO_NEAR % ("udp", "udp", 69)], {}),
    "ftp-active": (ftp_active, FTP, [], {}),
    "ftp-split": (ftp_split, FTP, [], {}),
    "ftp-passive": (ftp_passive, FTP, [], {}),
    "ftp-masquerade": (ftp_masquerade, FTP, MASQUERADE, {}),
    "ftp-dnat": (ftp_dnat, FTP, [TO_NEAR % ("tcp", "tcp", 21)], {}),
    "ftp-ports": (ftp_ports, FTP, SNAT, {}),
    "ftp-again": (ftp_again, FTP, MASQUERADE, {}),
    "ftp-both": (ftp_both, FTP, ["-A PREROUTING -i eth0 -p tcp -m tcp --dport 21 -j DNAT --to-destination 10.0.0.5:2121",
                                 "-A POSTROUTING -o eth1 -j SNAT --to-source 10.0.0.1"], {}),
    "ftp6": (ftp6, FTP, [], {"family": 6}),
    "ftp6-masquerade": (ftp6_masquerade, FTP, MASQUERADE, {"family": 6}),
    "irc-plain": (irc_plain, IRC, [], {}),
    "irc-many": (irc_many, IRC, [], {}),
    "irc-masquerade": (irc_masquerade, IRC, MASQUERADE, {}),
    "irc-dnat": (irc_dnat, IRC, [TO_NEAR % ("tcp", "tcp", 6667)], {}),
    "amanda-plain": (amanda_plain, AMANDA, [], {}),
    "amanda-masquerade": (amanda_masquerade, AMANDA, MASQUERADE, {}),
    "amanda-dnat": (amanda_dnat, AMANDA, [TO_NEAR % ("udp", "udp", 10080)], {}),
    "netbios": (netbios, NETBIOS, [], {}),
    "ftp-odd": (ftp_odd, FTP, EACH_ITS_OWN, {}),
    "ftp-odd-answers": (ftp_odd_answers, FTP, EACH_ITS_OWN, {}),
    "ftp6-odd": (ftp6_odd, FTP, [], {"family": 6}),
    "irc-odd": (irc_odd, IRC, EACH_ITS_OWN, {}),
    "amanda-odd": (amanda_odd, AMANDA, [TO_NEAR % ("udp", "udp", 10080)], {}),
    "sane-odd": (sane_odd, SANE, [], {}),
    "sane-plain": (sane_plain, SANE, [], {}),
}
