#!/usr/bin/env bash
# formats/: one short conversation (HTTP, DNS and ping over IPv4 and IPv6) in many
# capture formats. Four files are real captures of it; formats.py writes the others.
#
#   client 192.0.2.10 ── server 192.0.2.20
source "$(dirname "$0")/lib.sh"
web4=192.0.2.20 web6=2001:db8:1::20
out=$captures/formats
mkdir -p "$out"

make_spaces switch client server
segment lan
attach lan client eth0 02:00:00:00:01:10 192.0.2.10/24 2001:db8:1::10/64
attach lan server eth0 02:00:00:00:01:20 $web4/24 $web6/64
start_web server
start_dns server
wait_for server 80
wait_for server 53

capture server eth0 "$out/ethernet.pcap" -c 30
capture server eth0 "$out/nanosecond.pcap" --time-stamp-precision=nano -c 30
capture server any "$out/sll.pcap" -y LINUX_SLL -c 30
capture server any "$out/sll2.pcap" -y LINUX_SLL2 -c 30

on client ping -q -c 1 $web4 >/dev/null
get client http://$web4/
on client dig +tries=1 +time=1 www.example.com @$web6 >/dev/null
on client ping -q -c 1 $web6 >/dev/null
on server ping -q -c 2 -i 0.2 127.0.0.1 >/dev/null
get client "http://[$web6]/"

sleep 0.5
kill "${tcpdumps[@]}" 2>/dev/null || true
wait "${tcpdumps[@]}" 2>/dev/null || true
python3 "$here/formats.py" "$out"
